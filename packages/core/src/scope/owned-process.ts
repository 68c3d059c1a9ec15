import type { ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { EndReport, ProcessIdentity } from '../process/index.ts'
import type { StopOptions } from './spawn-options.ts'

/**
 * A process that a scope owns, with all that it starts.
 *
 * When it exits by itself, what it left running stays owned, and is ended with the scope; with the last of its tree gone, and
 * its pipes read to their end, it leaves the scope.
 */
export interface OwnedProcess {
  readonly pid: number
  /** Which process that pid means; a fleet, and `oakum keep`, want this. */
  readonly identity: ProcessIdentity
  /** The mark that its tree carries in `OAKUM_MARKS`. */
  readonly mark: string
  /** Node's own handle. */
  readonly child: ChildProcess
  readonly stdin: Writable | null
  readonly stdout: Readable | null
  readonly stderr: Readable | null
  /** How it ended. Never rejects. */
  readonly exited: Promise<ProcessExit>
  /**
   * Ends the whole tree now: SIGTERM, grace, SIGKILL; then closes its pipes. A second call can only shorten the first. What
   * refuses is in the report, and stays owned. To abort `signal` ends the call with ABORTED; the ending goes on.
   */
  stop(options?: StopOptions): Promise<EndReport>
}

/** One of both is null. */
export interface ProcessExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}
