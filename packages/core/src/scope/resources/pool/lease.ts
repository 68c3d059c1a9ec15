import { ageSince, coarseNow } from '../../age.ts'
import type { Entry } from './idle.ts'
import type { Lease } from './pool.ts'

/** What happens to a value when its lease ends. */
export interface LeaseEnd<T> {
  giveBack(lease: BorrowedLease<T>): void
  destroy(lease: BorrowedLease<T>): Promise<void>
}

/** One lending of one value. */
export class BorrowedLease<T> implements Lease<T> {
  readonly entry: Entry<T>
  readonly #end: LeaseEnd<T>
  readonly #bornAt: number = coarseNow()
  #ended: Promise<void> | undefined = undefined

  constructor(entry: Entry<T>, end: LeaseEnd<T>) {
    this.entry = entry
    this.#end = end
  }

  get value(): T {
    return this.entry.value
  }

  /** Milliseconds since it was lent. */
  get age(): number {
    return ageSince(this.#bornAt)
  }

  release(): void {
    if (this.#ended !== undefined) return
    this.#ended = Promise.resolve()
    this.#end.giveBack(this)
  }

  destroy(): Promise<void> {
    this.#ended ??= this.#end.destroy(this)
    return this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release()
  }
}
