import { Owned, type Phase } from '../owned.ts'
import type { CloseReason } from '../reason.ts'
import { tellError } from '../surface.ts'

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined }

/**
 * An async iteration that ends with its scope.
 *
 * Invariants: the source is asked for one value at a time; its `return()` is called once, by whoever ends the iteration
 * first, and never when the source ended or failed by itself; no call of `next()` stays pending after the end; the
 * source's own pending `next()` is not waited for, since its `return()` tells when it is gone.
 */
export class IterationResource<T> extends Owned {
  readonly #source: AsyncIterator<T>
  /** The read that is under way; who asks for more meanwhile waits for it. */
  #reading: PromiseWithResolvers<IteratorResult<T>> | undefined = undefined
  #over = false
  #reason: CloseReason | undefined = undefined

  constructor(source: AsyncIterable<T>) {
    super()
    this.#source = source[Symbol.asyncIterator]()
  }

  get kind(): string {
    return 'iteration'
  }

  get name(): string {
    return ''
  }

  override get phase(): Phase {
    return 'join'
  }

  override get subject(): unknown {
    return this.iterator
  }

  /** What the consumer gets. */
  readonly iterator: AsyncIterableIterator<T> = {
    next: () => this.#next(),
    return: async (value?: unknown) => {
      await this.#end()
      return { done: true, value }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }

  override cancel(reason: CloseReason): void {
    this.#reason = reason
    this.#end().then(
      () => this.leave(),
      (error: unknown) => this.leave(reason.explains(error) ? undefined : { error }),
    )
  }

  #next(): Promise<IteratorResult<T>> {
    if (this.#over) return Promise.resolve(DONE)
    if (this.#reading !== undefined) {
      const again = (): Promise<IteratorResult<T>> => this.#next()
      return this.#reading.promise.then(again, again)
    }
    // Not by async functions, nor by closures for each read: they cost as much as a client's whole handling of an event.
    const { promise } = (this.#reading = Promise.withResolvers<IteratorResult<T>>())
    try {
      // What is no promise is taken as one: sources come without types, too.
      void Promise.resolve(this.#source.next()).then(this.#served, this.#failed)
    } catch (error) {
      this.#failed(error)
    }
    return promise
  }

  readonly #served = (result: IteratorResult<T>): void => {
    const reading = this.#reading
    if (reading === undefined) return
    try {
      if (result.done === true) this.#ended()
      this.#reading = undefined
      reading.resolve(result)
    } catch (error) {
      this.#failed(error) // no result at all, from a source without types
    }
  }

  readonly #failed = (error: unknown): void => {
    const reading = this.#reading
    this.#reading = undefined
    if (this.#over) this.#late(error)
    else this.#ended()
    reading?.reject(error)
  }

  /** The source has ended by itself. */
  #ended(): void {
    this.#over = true
    this.leave()
  }

  /** Ends it from our side, once. */
  async #end(): Promise<void> {
    this.ending ??= this.#over ? undefined : this.#return()
    await this.ending
  }

  async #return(): Promise<void> {
    this.#over = true
    this.#reading?.resolve(DONE)
    this.#reading = undefined
    try {
      await this.#source.return?.()
    } finally {
      if (this.#reason === undefined) this.leave()
    }
  }

  /** A read that was pending at the end has failed. As a rule that is how the source ends, so `onError` alone hears of it. */
  #late(error: unknown): void {
    if (this.#reason?.explains(error) !== true) tellError(this.owner, this, error)
  }
}
