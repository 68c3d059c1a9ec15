/**
 * Ends a tree of processes, and returns when it is gone.
 *
 * All members get SIGTERM, and SIGCONT where they are stopped, since a stopped process cannot act on SIGTERM; after the grace
 * all that are left get SIGKILL. Members fork meanwhile, so each round looks anew, until two looks in a row find nobody. What
 * a member starts after its SIGTERM gets none while that member lives: it may be part of its clean-up.
 *
 * Invariants:
 * - Right before each signal the pid is checked to be the same process still.
 * - The call ends by its deadline, and names what is left.
 * - A zombie counts as gone. One that nobody collects within `zombieWait` is named.
 * - Nothing outlives the call: no timer, no listener, no descriptor.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { aborted, throwIfAborted } from '../errors/abort.ts'
import { isOakumError } from '../errors/error.ts'
import { EndTimes } from './end-times.ts'
import type { ProcessIdentity } from './identity.ts'
import { find, identityOf, isAlive, isZombie } from './identity.ts'
import { platform } from './platform/platform.ts'
import type { ProcessInfo } from './platform/process-info.ts'
import { nextTable } from './table.ts'
import type { SparedWhy, TreeLook, TreeOptions } from './tree.ts'
import { ProcessTree } from './tree.ts'

/** How a tree is ended. Times in milliseconds. */
export interface TerminateOptions {
  /** From the first signal to SIGKILL. With 0, SIGKILL is the first. @default 5_000 */
  grace?: number
  /** When the call gives up on what is left, from its start. A short one shortens the grace. @default grace + 5_000 */
  deadline?: number
  /**
   * How long members that have ended may wait to be collected by a parent that is not ours, before they are named. With 0 the
   * call returns as soon as nothing lives. Bounded by the deadline. @default 2_000
   */
  zombieWait?: number
  /** The first signal. @default 'SIGTERM' */
  killSignal?: NodeJS.Signals
  /** Ends the call with ABORTED; nothing more is signalled then. */
  signal?: AbortSignal
}

/** What is known of a process that is left. */
export interface ProcessNote {
  identity: ProcessIdentity
  ppid: number
  /** Its command line, at most 200 characters; its short name when that is not to be had. */
  command: string
}

/** `EPERM`: we may not signal it. `uninterruptible`: it waits in the kernel. `survived`: time was up. */
export type RefusedWhy = SparedWhy | 'EPERM' | 'uninterruptible' | 'survived'

/** A process that lives on, and why. */
export interface RefusedProcess extends ProcessNote {
  why: RefusedWhy
}

/** What became of a tree. */
export interface EndReport {
  /** Processes that were seen alive and are gone. */
  ended: number
  /** Gone, but not collected by their parent within `zombieWait`. */
  zombies: ProcessNote[]
  /** Alive: spared, or not to be ended. */
  refused: RefusedProcess[]
  milliseconds: number
}

const ZOMBIE_WAIT = 2_000
const FIRST_POLL = 5
const SLOWEST_POLL = 50
/** Between two looks at the whole table, before and after SIGKILL; longer where a look is expensive. */
const LOOK_EVERY = 100
const FORCED_LOOK_EVERY = 10

/** Ends the tree that the options describe. */
export function endTree(options: TreeOptions & TerminateOptions): Promise<EndReport> {
  return terminate(new ProcessTree(options), options)
}

/** Ends a tree that was followed already, with all that it remembers. The times may be brought forward while it is ended. */
export async function terminate(
  tree: ProcessTree,
  options: TerminateOptions = {},
  times: EndTimes = new EndTimes(options.grace, options.deadline),
): Promise<EndReport> {
  const { zombieWait = ZOMBIE_WAIT, killSignal = 'SIGTERM', signal } = options
  throwIfAborted(signal)
  const started = performance.now()
  const ending = new Ending(tree, killSignal)

  for (let over = false; !over;) {
    try {
      const force = times.grace <= 0
      const { cost } = await ending.look(signal)
      over = ending.isGone || !ending.send(force) || times.deadline <= 0
      const rest = after(Math.max(force ? FORCED_LOOK_EVERY : LOOK_EVERY, cost * 10))
      const left = (): number => Math.min(rest(), force ? times.deadline : times.grace)
      if (!over) await poll(() => ending.anyLives(), left, signal)
    } catch (error) {
      // What cannot be read, for want of file descriptors say, is neither alive nor gone: it is looked at again.
      if (!isOakumError(error, 'PROCESS_UNREADABLE') || times.deadline <= 0) throw error
      await poll(() => true, after(SLOWEST_POLL), signal)
    }
  }

  const zombies = ending.zombies()
  const rest = after(zombieWait)
  await poll(
    () => zombies.some(isZombie),
    () => Math.min(rest(), times.deadline),
    signal,
  )
  return { ...ending.report(), milliseconds: Math.round(performance.now() - started) }
}

/** The book-keeping of one ending. */
class Ending {
  readonly #tree: ProcessTree
  readonly #killSignal: NodeJS.Signals
  /** Everybody seen alive, by pid and start time. */
  readonly #seen = new Set<string>()
  readonly #asked = new Set<string>()
  readonly #denied = new Set<string>()
  #last: TreeLook = { members: [], zombies: [], spared: [] }
  #emptyLooks = 0

  constructor(tree: ProcessTree, killSignal: NodeJS.Signals) {
    this.#tree = tree
    this.#killSignal = killSignal
  }

  /** Two looks in a row found nobody: one can miss a process whose parent ended while the table was read. */
  get isGone(): boolean {
    return this.#emptyLooks >= 2
  }

  /** Looks who is there now; a look that finds nobody is repeated at once. Tells what the last one cost, in milliseconds. */
  async look(signal: AbortSignal | undefined): Promise<{ cost: number }> {
    for (;;) {
      const before = performance.now()
      const look = this.#tree.look(await nextTable())
      throwIfAborted(signal)
      this.#last = look
      for (const member of look.members) this.#seen.add(keyOf(member))
      this.#emptyLooks = look.members.length === 0 ? this.#emptyLooks + 1 : 0
      if (this.#emptyLooks !== 1) return { cost: performance.now() - before }
    }
  }

  anyLives(): boolean {
    return this.#last.members.some(member => isAlive(identityOf(member)))
  }

  /** Signals who is due; false when SIGKILL is due and none of them may be signalled. */
  send(force: boolean): boolean {
    const { members } = this.#last
    if (!force) this.#ask(members)
    else for (const member of members) this.#signal(member, 'SIGKILL')
    return !force || members.some(member => !this.#denied.has(keyOf(member)))
  }

  #ask(members: readonly ProcessInfo[]): void {
    const byPid = new Map(members.map(member => [member.pid, member]))
    // What somebody starts after it was asked is its clean-up, and has the same grace; once its starter is gone it is asked too.
    const isCleanUp = (member: ProcessInfo): boolean => {
      const parent = byPid.get(member.ppid)
      return parent !== undefined && (this.#asked.has(keyOf(parent)) || isCleanUp(parent))
    }
    const due = members.filter(member => !this.#asked.has(keyOf(member)) && !isCleanUp(member))
    for (const member of due) {
      this.#signal(member, this.#killSignal)
      this.#asked.add(keyOf(member))
    }
    for (const member of members) if (member.state === 'stopped') this.#signal(member, 'SIGCONT')
  }

  zombies(): ProcessIdentity[] {
    return this.#last.zombies.map(identityOf)
  }

  report(): Omit<EndReport, 'milliseconds'> {
    const alive = this.#last.members.map(member => find(identityOf(member))).filter(row => row !== null)
    const left = alive.filter(row => row.state !== 'zombie')
    const refused = [
      ...this.#last.spared.map(({ process, why }) => ({ ...note(process), why })),
      ...left.map(row => ({ ...note(row), why: this.#whyLeft(row) })),
    ]
    const zombies = this.#last.zombies.filter(row => isZombie(identityOf(row))).map(note)
    return { ended: this.#seen.size - left.length, zombies, refused }
  }

  #whyLeft(row: ProcessInfo): RefusedWhy {
    if (this.#denied.has(keyOf(row))) return 'EPERM'
    return row.state === 'uninterruptible' ? 'uninterruptible' : 'survived'
  }

  #signal(member: ProcessInfo, signal: NodeJS.Signals): void {
    if (!isAlive(identityOf(member))) return
    try {
      process.kill(member.pid, signal)
    } catch (error) {
      // ESRCH: it ended just now. Anything else means that it is not ours to end; EPERM is what systems say then.
      if (error instanceof Error && 'code' in error && error.code !== 'ESRCH') this.#denied.add(keyOf(member))
    }
  }
}

function keyOf(row: ProcessInfo): string {
  return `${row.pid}:${row.startTime}`
}

function note(row: ProcessInfo): ProcessNote {
  const command = platform.commandLine(row.pid) ?? row.name
  return { identity: identityOf(row), ppid: row.ppid, command: command.slice(0, 200) }
}

/** Milliseconds left of a time that starts now. */
function after(milliseconds: number): () => number {
  const end = performance.now() + milliseconds
  return () => end - performance.now()
}

/** Waits while something holds and milliseconds are left. */
async function poll(holds: () => boolean, left: () => number, signal: AbortSignal | undefined): Promise<void> {
  for (let wait = FIRST_POLL; left() > 0 && holds(); wait = Math.min(wait * 1.5, SLOWEST_POLL)) {
    await pause(Math.max(1, Math.min(wait, left())), undefined, { signal }).catch((error: unknown) => {
      throw signal?.aborted ? aborted(signal) : error
    })
  }
}
