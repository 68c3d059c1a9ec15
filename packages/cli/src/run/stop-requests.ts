import { constants } from 'node:os'
import type { Agent } from '@oakum/core/fleet'
import { listenForSignals, type StopSignal } from './signals.ts'

/**
 * Who asks a run to end: signals to this process, and the agent's own signal (asked to stop, or fenced), which counts as a
 * first SIGTERM. The first request drains; the second ends now and decides the exit code.
 */
export class StopRequests {
  /** Resolves with the first request. */
  readonly first: Promise<StopSignal>
  readonly #hurry = new AbortController()
  readonly #resolveFirst: (signal: StopSignal) => void
  readonly #release: () => void
  #asked = false
  #exitCode: number | undefined

  /** `foreground`: the terminal talks to the command itself; see {@link listenForSignals}. */
  constructor(agent: Agent, { foreground }: { foreground: boolean }) {
    const { promise, resolve } = Promise.withResolvers<StopSignal>()
    this.first = promise
    this.#resolveFirst = resolve
    const ignoreSignals = listenForSignals({ foreground, onSignal: signal => this.#request(signal) })
    const onEnd = (): void => this.#begin('SIGTERM')
    agent.signal.addEventListener('abort', onEnd, { once: true })
    if (agent.signal.aborted) onEnd()
    this.#release = () => {
      ignoreSignals()
      agent.signal.removeEventListener('abort', onEnd)
    }
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

  /** Listens no more. */
  close(): void {
    this.#release()
  }

  #begin(signal: StopSignal): void {
    this.#asked = true
    this.#resolveFirst(signal)
  }

  #request(signal: StopSignal): void {
    if (!this.#asked) return this.#begin(signal)
    this.#exitCode ??= 128 + constants.signals[signal]
    this.#hurry.abort()
  }
}
