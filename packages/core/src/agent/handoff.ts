/**
 * Hands values from one producer to one consumer, one at a time: the producer goes on only when the consumer asks for more.
 *
 * - The producer puts a value only while the consumer waits for one; it is started by the first `next()`.
 * - Shut, it takes nothing more: a producer that waits, or comes later, is told why. The consumer waits until it is ended.
 * - Nothing is queued, so nothing can pile up.
 */

/** Wraps what was thrown, since anything can be thrown, `undefined` too. */
interface Failure {
  readonly error: unknown
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined }

export class Handoff<T> {
  /** The consumer waits for a value. */
  #asked: PromiseWithResolvers<IteratorResult<T, undefined>> | undefined
  /** The producer waits until it is asked for more. */
  #producer: PromiseWithResolvers<void> | undefined
  #shut: { readonly why: unknown } | undefined
  #end: { failure: Failure | undefined } | undefined

  /** Whether it takes nothing any more. */
  get isShut(): boolean {
    return this.#shut !== undefined
  }

  /** For the consumer: the next value. Rejects once with what the producer failed with; done from then on. */
  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#end !== undefined) return this.#ended()
    if (this.#asked !== undefined) {
      const again = async (): Promise<IteratorResult<T, undefined>> => this.next()
      return this.#asked.promise.then(again, again)
    }
    this.#asked = Promise.withResolvers()
    const producer = this.#producer
    this.#producer = undefined
    producer?.resolve()
    return this.#asked.promise
  }

  /** For the producer: settles when the consumer asks for the next value; rejects with why it was shut. */
  put(value: T): Promise<void> {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passes on why it was shut
    if (this.#shut !== undefined) return Promise.reject(this.#shut.why)
    const asked = this.#asked
    this.#asked = undefined
    this.#producer = Promise.withResolvers()
    asked?.resolve({ done: false, value })
    return this.#producer.promise
  }

  /** Takes nothing more. Idempotent. */
  shut(why: unknown): void {
    this.#shut ??= { why }
    const producer = this.#producer
    this.#producer = undefined
    producer?.reject(why)
  }

  /** Tells the consumer that nothing more comes, or why. Idempotent. */
  end(failure?: Failure): void {
    if (this.#end !== undefined) return
    this.shut(failure?.error)
    this.#end = { failure }
    const asked = this.#asked
    this.#asked = undefined
    if (asked !== undefined) asked.resolve(this.#ended())
  }

  #ended(): Promise<IteratorResult<T, undefined>> {
    const failure = this.#end?.failure
    if (failure === undefined) return Promise.resolve(DONE)
    this.#end = { failure: undefined }
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passes on what the producer failed with
    return Promise.reject(failure.error)
  }
}
