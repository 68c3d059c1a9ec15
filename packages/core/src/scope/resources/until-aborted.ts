import { aborted } from '../../errors/index.ts'

/** Settles as the promise does, or rejects with ABORTED first. For work that goes on, with an owner of its own. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  const { promise: abort, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(aborted(signal))
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, abort])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
