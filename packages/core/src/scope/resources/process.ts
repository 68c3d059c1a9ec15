/**
 * A process and all that it starts.
 *
 * Invariants:
 * - It is owned until nothing of its tree lives and its pipes are closed. What a root leaves behind when it exits is still
 *   owned, and ended with the scope. With the last of both gone it leaves its scope by itself.
 * - An ending is begun once and only ever shortened: by a second stop, by the scope's close, by a parent's deadline.
 * - What may not be signalled has refused for good, and holds no close any longer.
 * - After an ending no pipe to the tree is open here, whoever holds its other end.
 * - While it lives, it costs a share of one look at the process table per second, on a timer that keeps nothing running.
 */
import { Socket } from 'node:net'
import { basename } from 'node:path'
import { throwIfAborted } from '../../errors/index.ts'
import {
  EndTimes,
  followTable,
  newMark,
  nextTable,
  ProcessTree,
  terminate,
  withMark,
  type EndReport,
  type ProcessTable,
  type RefusedProcess,
  type TerminateOptions,
} from '../../process/index.ts'
import type { CloseWindow } from '../closing.ts'
import { Owned, type Phase } from '../owned.ts'
import type { OwnedProcess } from '../owned-process.ts'
import type { Refusal } from '../report.ts'
import { DEFAULT_GRACE, validateTimes, type SpawnOptions, type StopOptions } from '../spawn-options.ts'
import { surfaceError } from '../surface.ts'
import { startProgram, type StartedChild } from './start-program.ts'
import { closeStreams } from './streams.ts'
import { untilAborted } from './until-aborted.ts'

/** The part of a close's time that an ending may use, so that it has ended, and told why, when the close reports. */
const SHARE = 0.9

/** What errors of a pipe say when its reader has ended; the exit tells that already. */
const BROKEN_PIPE: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED'])

export class ProcessResource extends Owned {
  readonly handle: OwnedProcess
  readonly #command: string
  readonly #child: StartedChild
  readonly #tree: ProcessTree
  readonly #grace: number
  readonly #killSignal: NodeJS.Signals
  readonly #zombieWait: number | undefined
  readonly #exited: OwnedProcess['exited']
  #hasExited = false
  #pipesClosed = false
  #emptyLooks = 0
  #unfollow: (() => void) | undefined = undefined
  #times: EndTimes | undefined = undefined
  #ended: Promise<EndReport> | undefined = undefined
  /** Breaks off the ending. */
  #reprieve: AbortController | undefined = undefined
  #refused: readonly RefusedProcess[] = []

  /**
   * Starts the program. An environment given for it stands in place of this process's, and above `shared`, the scopes' own.
   * Throws COMMAND_NOT_FOUND, PROCESS_NOT_STARTED or INVALID_OPTION; nothing is left then.
   */
  constructor(
    command: string,
    args: readonly string[],
    options: SpawnOptions,
    shared: Readonly<Record<string, string>>,
  ) {
    super()
    validateTimes(options)
    const mark = newMark()
    const env = options.env ? { ...shared, ...options.env } : { ...process.env, ...shared }
    const { child, identity } = startProgram(command, args, { ...options, env: withMark(env, mark) })
    const { pid, stdin, stdout, stderr } = child
    this.#command = basename(command)
    this.#child = child
    this.#grace = options.grace ?? DEFAULT_GRACE
    this.#killSignal = options.killSignal ?? 'SIGTERM'
    this.#zombieWait = options.zombieWait
    this.#tree = new ProcessTree({ root: identity, mark })
    this.#exited = new Promise(resolve => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal })
        this.#rootExited()
      })
    })
    child.once('close', () => {
      this.#pipesClosed = true
      this.#leaveIfGone()
    })
    stdin?.on('error', error => this.#pipeFailed(error))
    const stop = (how?: StopOptions): Promise<EndReport> => this.#stop(how)
    this.handle = { pid, identity, mark, child, stdin, stdout, stderr, exited: this.#exited, stop }
    this.#follow()
  }

  get kind(): string {
    return 'process'
  }

  get name(): string {
    return `${this.#command} ${this.#child.pid}`
  }

  override get phase(): Phase {
    return 'join'
  }

  override get hasRefused(): boolean {
    return this.#times === undefined && this.#refused.length > 0 && this.#refused.every(isForGood)
  }

  override get subject(): OwnedProcess {
    return this.handle
  }

  override cancel(): void {
    this.#endSoon(this.#grace)
  }

  override closeWithin({ hard }: CloseWindow): void {
    const left = Math.max(0, hard - performance.now()) * SHARE
    this.#endSoon(this.#grace, left)
  }

  /** Time is up for the close; the ending gets SIGKILL off, and goes on without it. */
  override giveUp(): void {
    this.#times?.shorten(0, 1_000)
  }

  override refusals(): Refusal[] {
    const refusal = this.refusal()
    if (this.#refused.length === 0) return [refusal]
    return this.#refused.map(({ identity, command, why }) => ({
      ...refusal,
      name: `${command} (pid ${identity.pid}, ${why})`,
    }))
  }

  /** It lives on by itself, and does not keep this process running. An ending that was begun is broken off. */
  override disowned(): void {
    this.#unfollow?.()
    this.#reprieve?.abort()
    this.#forgetEnding()
    this.#child.unref()
    this.#child.channel?.unref()
    for (const stream of this.#child.stdio) if (stream instanceof Socket) stream.unref()
  }

  async #stop(options: StopOptions = {}): Promise<EndReport> {
    const { grace = this.#grace, zombieWait = this.#zombieWait, signal } = options
    validateTimes(options)
    throwIfAborted(signal)
    return untilAborted(this.#end(grace, undefined, zombieWait), signal)
  }

  /** As part of a close, which learns of a failure by what is still there. */
  #endSoon(grace: number, deadline?: number): void {
    this.#end(grace, deadline, this.#zombieWait ?? 0).catch(() => {})
  }

  /** Ends the tree, or shortens the ending that runs. */
  #end(grace: number, deadline?: number, zombieWait?: number): Promise<EndReport> {
    if (this.#times) this.#times.shorten(grace, deadline ?? Infinity)
    this.#times ??= new EndTimes(grace, deadline)
    this.#ended ??= this.#endTree(this.#times, zombieWait)
    return this.#ended
  }

  async #endTree(times: EndTimes, zombieWait: number | undefined): Promise<EndReport> {
    this.#unfollow?.()
    this.#reprieve = new AbortController()
    const options: TerminateOptions = { killSignal: this.#killSignal, signal: this.#reprieve.signal }
    if (zombieWait !== undefined) options.zombieWait = zombieWait
    try {
      const report = await terminate(this.#tree, options, times)
      this.#refused = report.refused
      if (report.zombies.length > 0) {
        this.owner?.closing?.absorb({ released: 0, errors: undefined, zombies: report.zombies })
      }
      await closeStreams(this.#child)
      if (report.refused.length === 0) {
        // Node collects the root, and tells so, when the event loop turns.
        await this.#exited
        this.leave()
      }
      return report
    } finally {
      if (this.#times === times) this.#forgetEnding()
      if (this.owner) this.#follow()
      if (this.hasRefused) this.owner?.pass(this)
    }
  }

  #forgetEnding(): void {
    this.#times = undefined
    this.#ended = undefined
    this.#reprieve = undefined
  }

  /** Looks at the tree now and then, to know its members when their parents are gone. */
  #follow(): void {
    this.#unfollow = followTable(table => this.#look(table))
  }

  #rootExited(): void {
    this.#hasExited = true
    this.#tree.trustGroup()
    if (!this.#ended) void this.#lookTwice()
  }

  async #lookTwice(): Promise<void> {
    try {
      for (let looks = 0; looks < 2; looks++) this.#look(await nextTable())
    } catch {
      // The table could not be read now. It is followed all the same.
    }
  }

  #look(table: ProcessTable): void {
    if (this.#ended || !this.owner) return
    const { members } = this.#tree.look(table)
    this.#emptyLooks = this.#hasExited && members.length === 0 ? this.#emptyLooks + 1 : 0
    this.#leaveIfGone()
  }

  /** Two looks in a row that find nobody, after the root has exited, are the end of the tree. */
  #leaveIfGone(): void {
    if (this.#ended || this.#emptyLooks < 2 || !this.#pipesClosed) return
    this.#unfollow?.()
    this.leave()
  }

  #pipeFailed(error: Error): void {
    if (!('code' in error && BROKEN_PIPE.has(error.code))) surfaceError(this.owner, this, error)
  }
}

/** Whether no more time would change it; a process that waits in the kernel goes when it wakes. */
function isForGood({ why }: RefusedProcess): boolean {
  return why !== 'uninterruptible' && why !== 'survived'
}
