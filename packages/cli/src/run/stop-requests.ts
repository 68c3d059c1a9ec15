import type { Agent } from '@oakum/core/fleet'
import { exitCodeOfSignal, listenForSignals, type StopSignal } from '../command/signals.ts'

/**
 * Who asks a run to end: signals to this process, and the agent's own signal (asked to stop, or fenced), which counts as a
 * first SIGTERM. The first request drains; the second ends now and decides the exit code.
 *
 * It listens until `close()`, which is the last act of a run: a signal in the middle of the good-bye, above all an echo of
 * the first, must not leave a lease behind.
 */
export class StopRequests {
  /** Resolves with the first request. */
  readonly first: Promise<StopSignal>
  readonly #hurry = new AbortController()
  readonly #resolveFirst: (signal: StopSignal) => void
  readonly #ignoreSignals: () => void
  readonly #ignoreAgent: () => void
  #asked = false
  #drained = false
  #exitCode: number | undefined

  /** `foreground`: the terminal talks to the command itself; see {@link listenForSignals}. */
  constructor(agent: Agent, { foreground }: { foreground: boolean }) {
    const { promise, resolve } = Promise.withResolvers<StopSignal>()
    this.first = promise
    this.#resolveFirst = resolve
    this.#ignoreSignals = listenForSignals({ foreground, onSignal: signal => this.#request(signal) })
    const onEnd = (): void => this.#begin('SIGTERM')
    agent.signal.addEventListener('abort', onEnd, { once: true })
    if (agent.signal.aborted) onEnd()
    this.#ignoreAgent = () => agent.signal.removeEventListener('abort', onEnd)
  }

  /** Whether anybody asked. */
  get asked(): boolean {
    return this.#asked
  }

  /** Aborts with the second request. */
  get hurry(): AbortSignal {
    return this.#hurry.signal
  }

  /** 128 plus the number of the signal that was the second request; undefined when there was none. */
  get exitCode(): number | undefined {
    return this.#exitCode
  }

  /** Nothing is left to drain: a first request asks for nothing more, and a second ends this process. */
  drained(): void {
    this.#drained = true
    this.#ignoreAgent()
  }

  /** Listens no more. */
  close(): void {
    this.#ignoreAgent()
    this.#ignoreSignals()
  }

  #begin(signal: StopSignal): void {
    this.#asked = true
    if (!this.#drained) this.#resolveFirst(signal)
  }

  #request(signal: StopSignal): void {
    if (!this.#asked) return this.#begin(signal)
    this.#exitCode ??= exitCodeOfSignal(signal)
    this.#hurry.abort()
    if (this.#drained) process.exit(this.#exitCode)
  }
}
