import { constants } from 'node:os'
import { createEchoFilter } from '../../process/echo.ts'

/** Signals that ask a process to end. */
export type EndSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP'

const SIGNALS: readonly EndSignal[] = ['SIGTERM', 'SIGINT', 'SIGHUP']

export interface EndListeners {
  /** A signal that is no echo of the one before. */
  onSignal: (signal: EndSignal) => void
  /** An exception or rejection that nobody caught. */
  onFatal: (error: unknown, origin: NodeJS.UncaughtExceptionOrigin) => void
}

/**
 * Listens for what ends a process, and returns what stops listening.
 *
 * Rejections are not listened for: Node makes an uncaught exception of one that nobody handles, unless the program handles it by a
 * listener, or by `--unhandled-rejections`.
 */
export function listenForEnd({ onSignal, onFatal }: EndListeners): () => void {
  const filter = createEchoFilter()
  const listeners = SIGNALS.map(signal => {
    const listener = (): void => {
      if (filter.counts()) onSignal(signal)
    }
    process.on(signal, listener)
    return () => process.off(signal, listener)
  })
  process.on('uncaughtException', onFatal)
  return () => {
    filter.close()
    for (const stop of listeners) stop()
    process.off('uncaughtException', onFatal)
  }
}

/** The exit code of a process that a signal ended at once. */
export function exitCodeOf(signal: EndSignal): number {
  return 128 + constants.signals[signal]
}
