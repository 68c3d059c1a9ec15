/**
 * Signals that end a command that stays.
 *
 * - The first SIGINT, SIGTERM or SIGHUP, or an output that nobody reads any more, asks: `signal` aborts, the command drains
 *   and ends with 0.
 * - A later signal ends the process at once, with 128 + its number. One that comes within 300 ms of the one before
 *   counts as the same: npm forwards a terminal's Ctrl-C to a process that already had it.
 */
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const SAME_SIGNAL_WITHIN = 300

export interface Interruption {
  /** Aborts at the first signal; the reason is its name, or `output closed`. */
  readonly signal: AbortSignal
  /** Gives the signals back to the process. */
  readonly release: () => void
}

/** Starts to listen; `atOnce` runs before the process is ended by a second signal, and must be synchronous. */
export function listenForInterrupts(atOnce?: () => void): Interruption {
  const controller = new AbortController()
  let last = -Infinity

  function onSignal(name: (typeof SIGNALS)[number]): void {
    const now = performance.now()
    if (now - last < SAME_SIGNAL_WITHIN) return
    last = now
    if (!controller.signal.aborted) return controller.abort(name)
    atOnce?.()
    process.exit(128 + constants.signals[name])
  }
  const onOutputError = (): void => controller.abort('output closed')

  for (const name of SIGNALS) process.on(name, onSignal)
  process.stdout.on('error', onOutputError)
  return {
    signal: controller.signal,
    release() {
      for (const name of SIGNALS) process.off(name, onSignal)
      process.stdout.off('error', onOutputError)
    },
  }
}
