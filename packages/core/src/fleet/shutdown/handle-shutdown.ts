/**
 * How a process that has agents ends: by a signal, by a fatal error, or because the program says so.
 *
 * 1. Intake stops: `signal` aborts, and the agents' signals with STOP_REQUESTED. The agents are `draining`; beats go on.
 * 2. `onDrain` may finish what is under way, for `drain` milliseconds. A fatal error leaves this out.
 * 3. Scopes are closed, agents released with all that they own, `agent_shutdown` announced, the fleet closed.
 * 4. The process exits: with 0; with 1 when something refused, was cut off or was fatal.
 *
 * Invariants:
 * - One deadline bounds all of it. A store that is away ends nothing before: it is asked again until then.
 * - A second signal ends the process at once, with 128 + its number. So does the deadline, with 1. What the agents started is
 *   killed then; what else they own is left to their leases, and a coordinator.
 * - A transient error of a store that nobody caught is told, and is not fatal: an agent whose store stays away fences itself.
 * - However many fleets a process has, and however often this is called, there is one listener for each signal, one
 *   shutdown, and one exit. When the last handle is released there is none.
 *
 * Limits: what blocks the event loop holds up signals and the deadline; a locked SQLite store does so for five seconds at a
 * time. As PID 1 of a container a process inherits orphans, and Node cannot collect those that end: they are counted at the
 * end, and go with the container. An init as PID 1 (`docker run --init`) collects them at once.
 */
import { writeSync } from 'node:fs'
import type { Scope } from '../../scope/scope.ts'
import type { Fleet } from '../fleet.ts'
import { notNegative, positive } from '../fleet-options.ts'
import { FleetShutdown } from './fleet-shutdown.ts'
import { ProcessShutdown } from './process-shutdown.ts'
import type { ShutdownReport } from './report.ts'

/** Options of {@link handleShutdown}. Times in milliseconds. */
export interface ShutdownOptions {
  /** That `onDrain` may take. @default 30_000 */
  drain?: number
  /** For everything together, from the signal to the exit. With several fleets the longest counts. @default 45_000 */
  deadline?: number
  /**
   * Finishes what is under way, after intake stopped. The signal aborts when the time to drain is over; who settles within a
   * second of that, without an error, has drained.
   */
  onDrain?: (signal: AbortSignal) => unknown
  /** Closed before the agents are released, within two thirds of the time that is left then. @default [] */
  scopes?: readonly Scope[]
  /** Whether the process exits in the end. Without it `process.exitCode` is set. A second signal exits in any case. @default true */
  exit?: boolean
  /** Told of each error, and of what is left, in one text. Must not throw. @default writes to standard error */
  log?: (text: string) => void
}

/** What {@link handleShutdown} returns. */
export interface Shutdown extends Disposable {
  /** Aborts with STOP_REQUESTED when the shutdown begins: take no new work. */
  readonly signal: AbortSignal
  /**
   * Shuts down as the first signal does; joins a shutdown that has begun. Resolves only with `exit: false`: the process is gone
   * otherwise. Never rejects.
   *
   * @param reason For the events and the log. @default 'shutdown'
   */
  shutdown(reason?: string): Promise<ShutdownReport>
  /** Gives the signals back to the process. A shutdown that has begun goes on. Idempotent. */
  release(): void
}

/**
 * Shuts the fleet down in order when the process is told to end, by SIGTERM, SIGINT or SIGHUP, and when it meets an error that
 * nobody caught. It then belongs to the shutdown, which closes it.
 *
 * @throws OakumError INVALID_OPTION
 * @example
 * ```ts
 * const { signal } = handleShutdown(fleet, { scopes: [scope], onDrain: () => queue.onIdle() })
 * while (!signal.aborted) await queue.add(await nextJob(signal))
 * ```
 */
export function handleShutdown(fleet: Fleet, options: ShutdownOptions = {}): Shutdown {
  const { drain = 30_000, deadline = 45_000, onDrain, scopes = [], exit = true, log = writeError } = options
  const settings = {
    drain: notNegative('drain', drain),
    deadline: positive('deadline', deadline),
    onDrain,
    scopes,
    exit,
    log,
  }
  const part = new FleetShutdown(fleet, settings)
  const release = ProcessShutdown.current.join(part)
  return {
    signal: part.signal,
    shutdown: (reason = 'shutdown') => ProcessShutdown.current.shutdown(part, reason),
    release,
    [Symbol.dispose]: release,
  }
}

/** Also when the output is gone: a closed terminal is a reason to shut down, and not an error. */
function writeError(text: string): void {
  try {
    writeSync(2, `${text}\n`)
  } catch {
    // There is nobody left to tell.
  }
}
