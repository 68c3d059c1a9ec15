/**
 * Follows the tree of a run, ends it, or lets it go.
 *
 * It looks again and again, because a process that dropped its mark and then lost its parent is only known by having been
 * seen before; what it sees it tells the guardian, and what is kept the limits. Looking takes at most half a percent of one processor.
 */
import type { Fleet } from '@oakum/core/fleet'
import {
  nextTable,
  ProcessTree,
  sameProcess,
  terminate,
  type EndReport,
  type ProcessIdentity,
} from '@oakum/core/process'
import type { Guardian } from './guardian.ts'
import type { LimitWatch } from './limits/limit-watch.ts'

/** Milliseconds between two looks, and how many times its own cost at least. */
const LOOK_EVERY = 1_000
const COST_FACTOR = 200

export interface TreeWatchOptions {
  fleet: Fleet
  guardian: Guardian | null
  limits: LimitWatch
  mark: string
  root: ProcessIdentity
  /** Aborts when the drain shall be cut short. */
  hurry: AbortSignal
}

export class TreeWatch {
  readonly #fleet: Fleet
  readonly #guardian: Guardian | null
  readonly #limits: LimitWatch
  readonly #tree: ProcessTree
  readonly #hurry: AbortSignal
  readonly #rootEnded = new AbortController()
  #ending: Promise<EndReport> | undefined
  #kept: readonly ProcessIdentity[] = []
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor({ fleet, guardian, limits, mark, root, hurry }: TreeWatchOptions) {
    this.#fleet = fleet
    this.#hurry = hurry
    this.#guardian = guardian
    this.#limits = limits
    this.#tree = new ProcessTree({ root, mark, youngerThan: root, keep: process => this.#isKept(process) })
    this.#again(0)
  }

  /** The root has only just ended: a process group that it led is still the tree's. */
  rootEnded(): void {
    this.#tree.trustGroup()
    this.#rootEnded.abort()
  }

  /**
   * Ends the tree: the signal to all, after the grace (milliseconds) or in a hurry SIGKILL. Resolves when it is gone, or says
   * what refused. The first call decides how; a later one joins it.
   */
  end(killSignal: NodeJS.Signals, grace: number): Promise<EndReport> {
    this.#ending ??= this.#end(killSignal, grace)
    return this.#ending
  }

  /** Keeps what is left of the tree from being ended by anybody, and returns it. */
  async letGo(): Promise<readonly { identity: ProcessIdentity }[]> {
    const { members } = this.#tree.look(await nextTable())
    const alive = new Set(members.map(({ pid }) => pid))
    const left = this.#tree.remembered().filter(({ pid }) => alive.has(pid))
    for (const identity of left) await this.#fleet.keep(identity)
    await this.#refreshKept()
    return left.map(identity => ({ identity }))
  }

  /** Looks no more. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  async #end(killSignal: NodeJS.Signals, grace: number): Promise<EndReport> {
    const deadline = performance.now() + grace
    await this.#refreshKept()
    // Zombies that were re-parented are their new parent's to collect; nobody needs to wait for that.
    const zombieWait = 0
    // A shell starts background jobs deaf to SIGINT, and nohup to SIGHUP: when the command itself has ended of one of these,
    // what is left gets SIGTERM for the rest of the time.
    const untilRootEnded = { killSignal, signal: AbortSignal.any([this.#rootEnded.signal, this.#hurry]) }
    const untilHurry = { killSignal: 'SIGTERM', signal: this.#hurry } as const
    for (const step of killSignal === 'SIGTERM' ? [untilHurry] : [untilRootEnded, untilHurry]) {
      try {
        return await terminate(this.#tree, { ...step, grace: Math.max(0, deadline - performance.now()), zombieWait })
      } catch (error) {
        if (!step.signal.aborted) throw error
      }
    }
    return terminate(this.#tree, { grace: 0, zombieWait })
  }

  #again(milliseconds: number): void {
    if (this.#closed) return
    // A look that failed is only a look less.
    const look = (): Promise<void> => this.#look().catch(() => this.#again(LOOK_EVERY))
    this.#timer = setTimeout(() => void look(), milliseconds)
  }

  async #look(): Promise<void> {
    const before = performance.now()
    this.#tree.look(await nextTable())
    await this.#refreshKept()
    this.#again(Math.max(LOOK_EVERY, (performance.now() - before) * COST_FACTOR))
  }

  /** A store that cannot be read leaves the list as it was. */
  async #refreshKept(): Promise<void> {
    this.#kept = await this.#fleet.kept().catch(() => this.#kept)
    this.#limits.keep(this.#kept)
    this.#guardian?.remember(this.#tree.remembered(), [...this.#kept, ...this.#tree.shielded()])
  }

  #isKept(process: ProcessIdentity): boolean {
    return this.#kept.some(kept => sameProcess(kept, process))
  }
}
