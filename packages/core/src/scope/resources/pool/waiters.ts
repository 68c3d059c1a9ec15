import { OakumError, aborted } from '../../../errors/index.ts'
import { validateDelay } from '../../options.ts'

/** Options of `Pool.acquire`. */
export interface AcquireOptions {
  /** Ends the waiting. */
  signal?: AbortSignal | undefined
  /** Milliseconds to wait at most; the call then rejects with TIMEOUT. @default no limit */
  timeout?: number | undefined
}

interface Waiter<L, O> {
  readonly origin: O
  settle(): void
  resolve(lease: L): void
  reject(error: unknown): void
}

/** Those who wait for a lease: first come, first served. One that gives up leaves nothing behind. */
export class Waiters<L, O> {
  // A Set keeps the order of insertion and removes from the middle at no cost.
  readonly #waiting = new Set<Waiter<L, O>>()

  get size(): number {
    return this.#waiting.size
  }

  /** Joins the queue; `origin` tells where from. */
  wait({ signal, timeout }: AcquireOptions, origin: O): Promise<L> {
    if (timeout !== undefined) validateDelay('timeout', timeout)
    const { promise, resolve, reject } = Promise.withResolvers<L>()
    let timer: NodeJS.Timeout | undefined
    const settle = (): void => {
      this.#waiting.delete(waiter)
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    const fail = (error: unknown): void => {
      settle()
      reject(error)
    }
    const abort = (): void => {
      if (signal !== undefined) fail(aborted(signal))
    }
    const waiter: Waiter<L, O> = { origin, settle, resolve, reject }
    this.#waiting.add(waiter)
    if (timeout !== undefined) {
      const message = `No value was free within ${timeout} ms.`
      timer = setTimeout(() => fail(new OakumError('TIMEOUT', message, { facts: { timeout } })), timeout)
    }
    signal?.addEventListener('abort', abort)
    return promise
  }

  /** Serves the first in the queue. */
  serve(lend: (origin: O) => L): void {
    const waiter = this.#take()
    if (waiter !== undefined) waiter.resolve(lend(waiter.origin))
  }

  /** Fails the first in the queue; false when nobody waits. */
  fail(error: unknown): boolean {
    const waiter = this.#take()
    waiter?.reject(error)
    return waiter !== undefined
  }

  failAll(error: unknown): void {
    while (this.fail(error));
  }

  #take(): Waiter<L, O> | undefined {
    const [waiter] = this.#waiting
    waiter?.settle()
    return waiter
  }
}
