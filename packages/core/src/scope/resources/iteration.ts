import { Owned, type Phase } from '../owned.ts'
import type { CloseReason } from '../reason.ts'
import { tellError } from '../surface.ts'

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined }

/**
 * An async iteration that ends with its scope.
 *
 * Invariants: the source's `return()` is called once, by whoever ends the iteration first, and never when the source ended
 * or failed by itself; no call of `next()` stays pending after the end; the source's own pending `next()` is not waited
 * for, since its `return()` tells when it is gone.
 */
export class IterationResource<T> extends Owned {
  readonly #source: AsyncIterator<T>
  readonly #pending = new Set<(result: IteratorResult<T>) => void>()
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
    // Not by async functions: they cost as much as a client's whole handling of an event.
    return new Promise((resolve, reject) => {
      this.#pending.add(resolve)
      const serve = (result: IteratorResult<T>): void => {
        try {
          if (result.done === true) this.#ended(resolve)
          else this.#pending.delete(resolve)
          resolve(result)
        } catch (error) {
          failed(error) // no result at all, from a source without types
        }
      }
      const failed = (error: unknown): void => {
        if (this.#over) this.#late(error)
        this.#ended(resolve)
        reject(error)
      }
      try {
        // What is no promise is taken as one: sources come without types, too.
        void Promise.resolve(this.#source.next()).then(serve, failed)
      } catch (error) {
        failed(error)
      }
    })
  }

  /** The source has ended by itself; whoever else waits for it is told that it is done. */
  #ended(served: (result: IteratorResult<T>) => void): void {
    this.#pending.delete(served)
    if (this.#over) return
    this.#over = true
    this.#finishPending()
    this.leave()
  }

  /** Ends it from our side, once. */
  async #end(): Promise<void> {
    this.ending ??= this.#over ? undefined : this.#return()
    await this.ending
  }

  async #return(): Promise<void> {
    this.#over = true
    this.#finishPending()
    try {
      await this.#source.return?.()
    } finally {
      if (this.#reason === undefined) this.leave()
    }
  }

  #finishPending(): void {
    for (const resolve of this.#pending) resolve(DONE)
    this.#pending.clear()
  }

  /** A read that was pending at the end has failed. As a rule that is how the source ends, so `onError` alone hears of it. */
  #late(error: unknown): void {
    if (this.#reason?.explains(error) !== true) tellError(this.owner, this, error)
  }
}
