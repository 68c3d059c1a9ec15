/**
 * When growth is an alert, whom it names, and when it is over.
 *
 * Invariants:
 * - What an alert that stands names raises no second one: neither its processes nor its agents count for others meanwhile.
 * - An alert ends when what it names grew by no more than half of the threshold within the window, or is gone.
 * - Nothing is divided by nothing: growth from nothing has no percentage.
 */
import type { LeaseRef } from '../records.ts'
import type { Growth, ProcessGrowth } from './growth-window.ts'
import { refOf } from './memory-sample.ts'

/** One agent's part in an alert. Bytes. */
export interface AgentGrowth extends LeaseRef {
  growth: number
  /** Over the window; agents that share a process share its slope. */
  bytesPerSecond: number
}

/** Memory that grew by more than the threshold within the window. Sizes in bytes. */
export interface LeakAlert {
  /** Since when it stands: wall time, in milliseconds since 1970. */
  since: number
  /** Those that grew most, the one that grew most first. Together they make at least nine tenths of all growth. */
  agents: readonly AgentGrowth[]
  /** Of these agents together, each process once. */
  growth: number
  /** The same in parts of what they had before; null when that was nothing. */
  percent: number | null
  /** Milliseconds. */
  window: number
  threshold: number
}

/** Why an alert ended: the growth did; its agents did; nobody watches any more. */
export type ClearedWhy = 'settled' | 'gone' | 'unwatched'

export interface LeakChange {
  alert: LeakAlert
  /** Unset when it was raised. */
  cleared?: ClearedWhy
}

/** The part of all growth that the named agents make. */
const NAMED_SHARE = 0.9

/** The part of the threshold at which an alert ends; less than 1, so that it does not come and go. */
const CLEAR_SHARE = 0.5

export class LeakAlerts {
  readonly #threshold: number
  readonly #window: number
  /** By the names of their agents, see `nameOf`. */
  #standing: ReadonlyMap<ReadonlySet<string>, LeakAlert> = new Map()

  /** @param limits Bytes, and milliseconds. */
  constructor({ threshold, window }: { threshold: number; window: number }) {
    this.#threshold = threshold
    this.#window = window
  }

  /** The alerts that stand, the oldest first. */
  get standing(): readonly LeakAlert[] {
    return [...this.#standing.values()]
  }

  /**
   * What a look changes.
   *
   * @param now Wall time.
   * @param living The names of all agents that live.
   * @param growth Null when there is nothing to compare with: then only who is gone is cleared.
   */
  update(now: number, living: readonly string[], growth: Growth | null): LeakChange[] {
    const names = new Set(living)
    const changes: LeakChange[] = []
    const standing = new Map<ReadonlySet<string>, LeakAlert>()
    for (const [named, alert] of this.#standing) {
      const current = growth === null ? alert : { ...alert, ...this.#measure(named, growth) }
      const cleared = this.#clears(named, names, growth)
      if (cleared === undefined) standing.set(named, current)
      else changes.push({ alert: current, cleared })
    }
    this.#standing = standing
    const named = growth === null ? undefined : whoLeaks(growth, [...standing.keys()], this.#threshold)
    if (growth !== null && named !== undefined) {
      const alert: LeakAlert = {
        since: now,
        window: this.#window,
        threshold: this.#threshold,
        ...this.#measure(named, growth),
      }
      standing.set(named, alert)
      changes.push({ alert })
    }
    return changes
  }

  /** Ends all. */
  clear(): LeakChange[] {
    const changes = this.standing.map((alert): LeakChange => ({ alert, cleared: 'unwatched' }))
    this.#standing = new Map()
    return changes
  }

  #clears(
    named: ReadonlySet<string>,
    living: ReadonlySet<string>,
    growth: Growth | null,
  ): Exclude<ClearedWhy, 'unwatched'> | undefined {
    if (![...named].some(name => living.has(name))) return 'gone'
    if (growth === null) return undefined
    return sum(touching(growth, named)) <= this.#threshold * CLEAR_SHARE ? 'settled' : undefined
  }

  #measure(named: ReadonlySet<string>, growth: Growth): Pick<LeakAlert, 'agents' | 'growth' | 'percent'> {
    const processes = touching(growth, named)
    const grown = sum(processes)
    const before = processes.reduce((total, process) => total + process.before, 0)
    const agents = Array.from(named, name => {
      const own = sum(touching(growth, new Set([name])))
      return { ...refOf(name), growth: own, bytesPerSecond: Math.round((own / growth.span) * 1_000) }
    })
    return {
      agents: agents.toSorted((a, b) => b.growth - a.growth),
      growth: grown,
      percent: before > 0 ? Math.round((grown / before) * 100) : null,
    }
  }
}

/** The agents to name, when there is a leak that no alert stands for: all together grew too much, or one of them did. */
function whoLeaks(
  growth: Growth,
  standing: readonly ReadonlySet<string>[],
  threshold: number,
): Set<string> | undefined {
  const isNamed = (name: string): boolean => standing.some(named => named.has(name))
  const processes = growth.processes.filter(({ owners }) => !owners.some(isNamed))
  if (sum(processes) > threshold) return whoGrewMost(processes)
  for (const name of growth.cohort) {
    const own = processes.filter(({ owners }) => owners.includes(name))
    if (sum(own) > threshold) return whoGrewMost(own)
  }
  return undefined
}

/** The owners of the processes that grew most, and that make up most of the growth. */
function whoGrewMost(processes: readonly ProcessGrowth[]): Set<string> {
  const growing = processes.filter(process => process.growth > 0).toSorted((a, b) => b.growth - a.growth)
  let missing = sum(growing) * NAMED_SHARE
  const named = new Set<string>()
  for (const { owners, growth } of growing) {
    if (missing <= 0) break
    for (const owner of owners) named.add(owner)
    missing -= growth
  }
  return named
}

function touching({ processes }: Growth, named: ReadonlySet<string>): ProcessGrowth[] {
  return processes.filter(({ owners }) => owners.some(name => named.has(name)))
}

function sum(processes: readonly ProcessGrowth[]): number {
  return processes.reduce((total, { growth }) => total + growth, 0)
}
