/**
 * The one shutdown of a process, whatever has fleets in it.
 *
 * Invariants:
 * - The process is listened to from the first `join` until the last has left, or the shutdown is over.
 * - A signal is counted once, its echo never; the second ends the process, whoever began the shutdown.
 */
import { inspect } from 'node:util'
import type { FleetShutdown } from './fleet-shutdown.ts'
import type { ShutdownReason, ShutdownReport } from './report.ts'
import { ShutdownRun } from './run.ts'
import { exitCodeOf, listenForEnd, type EndSignal } from './signals.ts'
import { isTransient } from './transient.ts'

export class ProcessShutdown {
  /** Signals are the process's, so this is as well. */
  static readonly current: ProcessShutdown = new ProcessShutdown()

  readonly #parts = new Set<FleetShutdown>()
  #stopListening: (() => void) | undefined
  #run: ShutdownRun | undefined
  #signalled = false

  /** Takes part in the shutdown of this process. Returns what leaves it again. */
  join(part: FleetShutdown): () => void {
    this.#parts.add(part)
    this.#stopListening ??= listenForEnd({
      onSignal: signal => this.#onSignal(signal),
      onFatal: (error, origin) => this.#onFatal(error, origin),
    })
    this.#run?.add(part)
    return () => this.#leave([part])
  }

  /** Begins the shutdown, or joins the one that has begun. A part that has been through one gets its report. */
  shutdown(part: FleetShutdown, reason: string): Promise<ShutdownReport> {
    if (!this.#parts.has(part)) {
      if (part.run !== undefined) return part.run.report
      this.join(part)
    }
    return (this.#run ?? this.#begin({ name: reason })).report
  }

  #begin(reason: ShutdownReason): ShutdownRun {
    const run = new ShutdownRun(reason, this.#parts)
    this.#run = run
    run.start(() => {
      this.#run = undefined
      this.#leave(run.parts)
    })
    return run
  }

  #leave(parts: Iterable<FleetShutdown>): void {
    for (const part of parts) this.#parts.delete(part)
    if (this.#parts.size > 0) return
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#signalled = false
  }

  #onSignal(signal: EndSignal): void {
    const run = this.#run ?? this.#begin({ name: signal })
    if (this.#signalled) run.endNow(exitCodeOf(signal), `Ended at once by a second signal, ${signal}.`)
    this.#signalled = true
  }

  #onFatal(error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void {
    const what = origin === 'unhandledRejection' ? 'unhandled rejection' : 'uncaught exception'
    if (isTransient(error)) {
      this.#log(`oakum: ${what} of a store, which may pass: ${inspect(error)}`)
      return
    }
    this.#log(`oakum: ${what}: ${inspect(error)}`)
    if (this.#run === undefined) this.#begin({ name: origin, fatal: { error } })
    else this.#run.met(error)
  }

  #log(text: string): void {
    for (const log of new Set(Array.from(this.#parts, part => part.settings.log))) log(text)
  }
}
