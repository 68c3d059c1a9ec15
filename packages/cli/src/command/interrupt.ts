/**
 * Signals that end a command that stays.
 *
 * - The first SIGINT, SIGTERM or SIGHUP, or an output that nobody reads any more, asks: `signal` aborts, the command drains
 *   and ends with 0.
 * - A later signal ends the process at once, with 128 + its number. One that comes within 300 ms of the first
 *   counts as the same: npm forwards a terminal's Ctrl-C to a process that already had it.
 *
 * It keeps the process alive until `release()`: what a command waits for, the tail of a log for one, need not.
 */
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const SAME_SIGNAL_WITHIN = 300
const A_DAY = 86_400_000

export interface Interruption {
  /** Aborts at the first signal; the reason is its name, or `output closed`. */
  readonly signal: AbortSignal
  /** Gives the signals back to the process. */
  readonly release: () => void
}

/** Starts to listen. */
export function listenForInterrupts(): Interruption {
  const controller = new AbortController()
  let asked: number | undefined

  function onSignal(name: (typeof SIGNALS)[number]): void {
    const now = performance.now()
    if (asked !== undefined && now - asked < SAME_SIGNAL_WITHIN) return
    if (asked !== undefined) process.exit(128 + constants.signals[name])
    asked = now
    controller.abort(name)
  }
  const onOutputError = (): void => controller.abort('output closed')

  const alive = setInterval(() => {}, A_DAY)
  for (const name of SIGNALS) process.on(name, onSignal)
  process.stdout.on('error', onOutputError)
  return {
    signal: controller.signal,
    release() {
      clearInterval(alive)
      for (const name of SIGNALS) process.off(name, onSignal)
      process.stdout.off('error', onOutputError)
    },
  }
}
