import { OakumError } from './error.ts'

/** Throws `ABORTED`, with the signal's reason as its cause, when the signal is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal)
}

/** The error of a call that its caller's signal ended. An Oakum error given as the reason is passed on as it is. */
export function aborted(signal: AbortSignal): OakumError {
  const reason: unknown = signal.reason
  return reason instanceof OakumError ? reason : new OakumError('ABORTED', 'The call was aborted.', { cause: reason })
}
