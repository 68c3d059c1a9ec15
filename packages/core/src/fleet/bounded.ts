import { aborted } from '../errors/abort.ts'
import { isOakumError, OakumError } from '../errors/error.ts'

/** How long something that was told to stop may take to do so, in milliseconds. */
const STOP_TIME = 1_000

/**
 * Runs something that may be a user's, in bounded time: first its signal aborts, then it is left behind. That last step is
 * the one place where work is abandoned, because nothing else bounds a function that does not listen.
 */
export function bounded<T>(
  what: string,
  run: (signal: AbortSignal) => Promise<T>,
  timeout: number,
  outer: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController()
    let hard: NodeJS.Timeout | undefined
    const stop = (reason: OakumError): void => {
      if (controller.signal.aborted) return
      controller.abort(reason)
      hard = setTimeout(() => settle(() => reject(reason)), STOP_TIME)
    }
    const onAbort = (): void => stop(aborted(outer))
    const soft = setTimeout(
      () => stop(new OakumError('TIMEOUT', `${what} took longer than ${timeout} ms.`, { facts: { timeout } })),
      timeout,
    )
    const settle = (end: () => void): void => {
      clearTimeout(soft)
      clearTimeout(hard)
      outer.removeEventListener('abort', onAbort)
      end()
    }
    outer.addEventListener('abort', onAbort, { once: true })
    if (outer.aborted) onAbort()
    // In a promise of its own, so that a synchronous throw of a user's reclaimer is a rejection as well.
    Promise.resolve()
      .then(() => run(controller.signal))
      .then(
        value => settle(() => resolve(value)),
        (error: unknown) =>
          settle(() => reject(isOakumError(controller.signal.reason, 'TIMEOUT') ? controller.signal.reason : error)),
      )
  })
}
