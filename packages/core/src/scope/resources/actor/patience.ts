import { OakumError, aborted } from '../../../errors/index.ts'
import type { SendOptions } from './actor.ts'

/** A promise that somebody else settles, unless the one who waits for it gives up first. Leaves nothing on the signal, and no timer. */
export class Patience<T> {
  readonly promise: Promise<T>
  readonly #settle: () => void
  readonly #resolve: (value: T) => void
  readonly #reject: (error: unknown) => void

  /** @param gaveUp Called when the one who waits has given up. */
  constructor({ signal, timeout }: SendOptions, gaveUp: () => void) {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    let timer: NodeJS.Timeout | undefined
    const giveUp = (error: OakumError): void => {
      this.reject(error)
      gaveUp()
    }
    const onAbort = (): void => {
      if (signal !== undefined) giveUp(aborted(signal))
    }
    this.promise = promise
    this.#resolve = resolve
    this.#reject = reject
    this.#settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    if (timeout !== undefined) {
      const error = new OakumError('TIMEOUT', `The actor took longer than ${timeout} ms.`, { facts: { timeout } })
      timer = setTimeout(() => giveUp(error), timeout)
    }
    signal?.addEventListener('abort', onAbort)
  }

  resolve(value: T): void {
    this.#settle()
    this.#resolve(value)
  }

  reject(error: unknown): void {
    this.#settle()
    this.#reject(error)
  }
}
