import { throwIfAborted } from '../errors/abort.ts'
import type { ProcessIdentity } from './identity.ts'
import { find, identityOf, isAlive, isZombie } from './identity.ts'
import { platform } from './platform/platform.ts'
import type { ProcessInfo } from './platform/process-info.ts'
import { nextTable } from './table.ts'
import type { ProcessTree, SparedWhy, TreeLook } from './tree.ts'

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

/** One look can miss a process whose parent ended while the table was read. */
const EMPTY_LOOKS = 2

/** Where somebody was gone before a signal could reach him: one that forks and ends all the time is missed by many looks. */
const EMPTY_LOOKS_AFTER_SLIP = 8

/** The book-keeping of one ending: who was seen, who was asked, who may not be signalled. */
export class Ending {
  readonly #tree: ProcessTree
  readonly #killSignal: NodeJS.Signals
  /** Everybody seen alive, by pid and start time. */
  readonly #seen = new Set<string>()
  readonly #asked = new Set<string>()
  readonly #denied = new Set<string>()
  readonly #reached = new Set<string>()
  #last: TreeLook = { members: [], zombies: [], spared: [] }
  #emptyLooks = 0
  #emptyLooksNeeded = EMPTY_LOOKS

  constructor(tree: ProcessTree, killSignal: NodeJS.Signals) {
    this.#tree = tree
    this.#killSignal = killSignal
  }

  /** So many looks in a row found nobody that nobody is left. */
  get isGone(): boolean {
    return this.#emptyLooks >= this.#emptyLooksNeeded
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
      if (this.#emptyLooks === 0 || this.isGone) return { cost: performance.now() - before }
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
      let hops = members.length
      for (let up = byPid.get(member.ppid); up && hops > 0; up = byPid.get(up.ppid), hops--) {
        if (this.#asked.has(keyOf(up))) return true
      }
      return false
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
    const key = keyOf(member)
    if (isAlive(identityOf(member))) {
      try {
        process.kill(member.pid, signal)
        this.#reached.add(key)
        return
      } catch (error) {
        // ESRCH: it ended just now. Anything else means that it is not ours to end; EPERM is what systems say then.
        if (error instanceof Error && 'code' in error && error.code !== 'ESRCH') {
          this.#denied.add(key)
          return
        }
      }
    }
    if (!this.#reached.has(key)) this.#emptyLooksNeeded = EMPTY_LOOKS_AFTER_SLIP
  }
}

function keyOf(row: ProcessInfo): string {
  return `${row.pid}:${row.startTime}`
}

function note(row: ProcessInfo): ProcessNote {
  const command = platform.commandLine(row.pid) ?? row.name
  return { identity: identityOf(row), ppid: row.ppid, command: command.slice(0, 200) }
}
