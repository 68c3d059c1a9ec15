/**
 * Signals that end a command that stays.
 *
 * - The first SIGINT, SIGTERM or SIGHUP, or an output that nobody reads any more, asks: `signal` aborts, the command drains
 *   and ends with 0.
 * - A later signal, unless it is an echo of the first, ends the process at once, with 128 + its number.
 *
 * It keeps the process alive until `release()`: what a command waits for, the tail of a log for one, need not.
 */
import { exitCodeOfSignal, listenForSignals } from './signals.ts'

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
  let asked = false
  const ignoreSignals = listenForSignals({
    onSignal(name) {
      if (asked) process.exit(exitCodeOfSignal(name))
      asked = true
      controller.abort(name)
    },
  })
  const onOutputError = (): void => controller.abort('output closed')

  const alive = setInterval(() => {}, A_DAY)
  process.stdout.on('error', onOutputError)
  return {
    signal: controller.signal,
    release() {
      clearInterval(alive)
      ignoreSignals()
      process.stdout.off('error', onOutputError)
    },
  }
}
