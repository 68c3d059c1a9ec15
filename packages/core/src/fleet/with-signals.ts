import { aborted } from '../errors/abort.ts'

/**
 * Runs something under a signal that aborts with the first of several, and unlinks them when it has settled: unlike
 * `AbortSignal.any`, nothing stays behind on one that lives for long.
 */
export async function withSignals<T>(
  signals: readonly (AbortSignal | undefined)[],
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const onAbort = (): void => {
    const first = signals.find(signal => signal?.aborted === true)
    if (first !== undefined) controller.abort(aborted(first))
  }
  for (const signal of signals) signal?.addEventListener('abort', onAbort)
  onAbort()
  try {
    return await run(controller.signal)
  } finally {
    for (const signal of signals) signal?.removeEventListener('abort', onAbort)
  }
}
