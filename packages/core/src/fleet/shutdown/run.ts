/**
 * One run of a shutdown, over all fleets of a process.
 *
 * Invariants:
 * - All fleets drain, and all scopes close, before any agent is released. A fleet is released once, however many handles it has.
 * - One deadline bounds all, the longest; after it only what aborts at once goes on.
 * - It ends in one exit, or in a report.
 */
import { isOakumError, OakumError } from '../../errors/error.ts'
import { ProcessTable } from '../../process/table.ts'
import type { FleetShutdown } from './fleet-shutdown.ts'
import type { ShutdownReason, ShutdownReport } from './report.ts'

export class ShutdownRun {
  readonly parts: Set<FleetShutdown>
  readonly #reason: ShutdownReason
  readonly #stop: OakumError
  readonly #began = performance.now()
  readonly #deadline: number
  /** Errors that nobody caught. */
  readonly #fatal: unknown[] = []
  readonly #drainOver = new AbortController()
  readonly #timeIsUp = new AbortController()
  readonly #finished = Promise.withResolvers<ShutdownReport>()

  constructor(reason: ShutdownReason, parts: Iterable<FleetShutdown>) {
    this.parts = new Set(parts)
    this.#reason = reason
    this.#stop = stopRequested(reason)
    this.#deadline = Math.max(0, ...this.#map(part => part.settings.deadline))
    if (reason.fatal !== undefined) this.#fatal.push(reason.fatal.error)
  }

  get report(): Promise<ShutdownReport> {
    return this.#finished.promise
  }

  /** @param over Called when it has ended, and the process has not. */
  start(over: () => void): void {
    const timer = setTimeout(() => this.#overdue(), this.#deadline)
    const steps = this.#steps().finally(() => {
      clearTimeout(timer)
      over()
    })
    this.#finished.resolve(steps)
  }

  /** Something that came when the shutdown had begun: it takes part from the next step on. */
  add(part: FleetShutdown): void {
    this.parts.add(part)
    part.ask(this.#stop, this)
  }

  /** Nobody caught an error meanwhile: what is under way cannot be trusted any more. */
  met(error: unknown): void {
    this.#fatal.push(error)
    this.#drainOver.abort(error)
  }

  /** Ends the process, and kills what its agents started. */
  endNow(code: number, why: string): never {
    for (const part of this.parts) part.endChildren()
    this.#tell(why)
    process.exit(code)
  }

  async #steps(): Promise<ShutdownReport> {
    const time = {
      left: () => Math.max(1, this.#began + this.#deadline - performance.now()),
      signal: this.#timeIsUp.signal,
    }
    for (const part of this.parts) part.ask(this.#stop, this)
    if (this.#fatal.length === 0) await Promise.all(this.#map(part => part.drain(this.#drainOver.signal)))
    await Promise.all(this.#map(part => part.closeScopes(time)))
    const oneForEachFleet = new Map(this.#map(part => [part.fleet, part]))
    await Promise.all(Array.from(oneForEachFleet.values(), part => part.release(this.#reason.name, time)))
    return this.#finish()
  }

  #finish(): ShutdownReport {
    const { name: reason } = this.#reason
    const milliseconds = Math.round(performance.now() - this.#began)
    const errors = [...this.#fatal, ...this.#map(part => part.errors).flat()]
    const code = errors.length === 0 ? 0 : 1
    const zombies = inheritedZombies()
    if (code !== 0) this.#tell(`Shut down by ${reason} after ${milliseconds} ms; not all went well.`)
    if (zombies > 0) {
      const orphans = zombies === 1 ? '1 orphan' : `${zombies} orphans`
      this.#tell(`${orphans} ended uncollected: run this process under an init, not as PID 1.`)
    }
    // A code that the program has set says more than that the shutdown went well.
    if (code !== 0) process.exitCode = code
    if (this.#exits) process.exit()
    return { reason, code, milliseconds, errors, zombies }
  }

  #overdue(): void {
    const error = new OakumError('TIMEOUT', `The shutdown took longer than ${this.#deadline} ms.`, {
      facts: { deadline: this.#deadline },
    })
    if (this.#exits) this.endNow(1, error.message)
    this.#fatal.push(error)
    this.#drainOver.abort(error)
    this.#timeIsUp.abort(error)
  }

  get #exits(): boolean {
    return this.#map(part => part.settings.exit).includes(true)
  }

  /** In one text for each fleet, with its own errors; what nobody caught was told when it came. */
  #tell(text: string): void {
    for (const { settings, errors } of this.parts) {
      settings.log(['oakum: ' + text, ...errors.map(error => `  ${describe(error)}`)].join('\n'))
    }
  }

  #map<T>(of: (part: FleetShutdown) => T): T[] {
    return Array.from(this.parts, of)
  }
}

function stopRequested({ name, fatal }: ShutdownReason): OakumError {
  return new OakumError('STOP_REQUESTED', `The process was asked to stop: ${name}.`, {
    cause: fatal?.error,
    facts: { reason: name },
  })
}

/** Orphans that this process got as PID 1 of its namespace, and that have ended: Node collects only what it started itself. */
function inheritedZombies(): number {
  if (process.pid !== 1) return 0
  try {
    return ProcessTable.read()
      .childrenOf(1)
      .filter(({ state }) => state === 'zombie').length
  } catch {
    return 0 // not to be told, without a descriptor left; the end comes all the same
  }
}

function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${describe(error.cause)})` : ''
  if (isOakumError(error)) return `${error.code}: ${error.message}${cause}`
  return `${String(error)}${cause}`
}
