import type { AcquireOptions } from './waiters.ts'

/** A value that is lent until it is given back. */
export interface Lease<T> extends AsyncDisposable {
  readonly value: T
  /** Gives it back. Idempotent. */
  release(): void
  /** Ends it instead of giving it back, because it is broken; rejects with what `destroy` threw. Idempotent. */
  destroy(): Promise<void>
}

/** How many values a pool has, and how many wait for one. */
export interface PoolCounts {
  /** All that exist, or are being made or ended. At most `max`. */
  readonly total: number
  readonly idle: number
  readonly borrowed: number
  readonly waiting: number
}

/**
 * Lends values that are expensive to make. First come, first served; the value that was given back last is lent first.
 *
 * A failure of `create` goes to the one who waits longest, and frees the slot. Failures of `destroy` go to `onError`, and
 * to the report while the pool closes. A borrower that never gives back is named when the scope closes.
 */
export interface Pool<T> {
  readonly counts: PoolCounts
  /** Borrows a value. Throws POOL_CLOSED, ABORTED or TIMEOUT, or what `create` threw. */
  acquire(options?: AcquireOptions): Promise<Lease<T>>
  /** Borrows a value for the time of a call, and gives it back whatever happens. */
  use<R>(fn: (value: T) => R | PromiseLike<R>, options?: AcquireOptions): Promise<R>
  /** Closes it ahead of its scope: ends idle values, and waits for the others to be given back. Idempotent. */
  close(): Promise<void>
}
