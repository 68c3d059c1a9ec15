/**
 * How the memory of agents grew over a sliding window.
 *
 * Invariants:
 * - Like is compared with like: only agents that were there at both ends of the window count. A process that also belongs, or
 *   belonged, to somebody who came or left meanwhile is left out at both ends.
 * - An agent counts from a fifth of the window after it was first seen: what it takes to start is no growth. Those that were there at
 *   the first look count from then on.
 * - The window slides with every look. Nothing is ever compared with anything but the look one window ago.
 * - What grows is what no file stands behind: the share of program text rises when others that run the same program end.
 * - A process that came within the window counts once it has lived for half of it: a compiler that an agent runs for a minute is no
 *   growth, helpers that pile up are. One that ended counts as what it gave back.
 * - What it holds is bounded: `LOOKS` looks.
 */
import type { ProcessReading } from './memory-sample.ts'

/** Looks that are kept for one window, at most; more frequent ones are compared, but not kept. */
const LOOKS = 60

/** The part of the window after which an agent counts. */
const SETTLING = 1 / 5

/** A look that is older than so many windows is no far end any more: nobody looked in between. */
const STALE = 1.5

/** How one process, that counts, grew. Bytes; less than 0 when it shrank or ended. */
export interface ProcessGrowth {
  owners: readonly string[]
  growth: number
  /** What it had at the far end. */
  before: number
}

/** What the window shows. */
export interface Growth {
  /** Milliseconds between both ends. */
  span: number
  /** The agents that were there at both ends, by `nameOf`. */
  cohort: ReadonlySet<string>
  processes: readonly ProcessGrowth[]
}

interface Kept {
  at: number
  /** The agents that count. */
  names: ReadonlySet<string>
  processes: ReadonlyMap<string, Pick<ProcessReading, 'owners' | 'anonymous'>>
}

export class GrowthWindow {
  readonly #window: number
  /** Oldest first. The first is the far end, when it is old enough. */
  #looks: Kept[] = []
  /** From when on each agent that lives counts. */
  #counts: ReadonlyMap<string, number> | undefined

  /** @param window Milliseconds. */
  constructor(window: number) {
    this.#window = window
  }

  /**
   * Adds a look, and compares it with the one a window ago; null when there is none.
   *
   * @param at Milliseconds, by a clock that only rises.
   */
  add(at: number, names: readonly string[], processes: readonly ProcessReading[]): Growth | null {
    const from = this.#counts === undefined ? at : at + this.#window * SETTLING
    const counts = new Map(names.map(name => [name, this.#counts?.get(name) ?? from]))
    this.#counts = counts
    const look: Kept = {
      at,
      names: new Set(names.filter(name => (counts.get(name) ?? from) <= at)),
      processes: new Map(processes.map(({ key, owners, anonymous }) => [key, { owners, anonymous }])),
    }
    const newest = this.#looks.at(-1)
    if (newest === undefined || at - newest.at >= this.#window / LOOKS) this.#looks.push(look)
    const far = this.#lastBefore(at - this.#window)
    this.#looks = this.#looks.slice(Math.max(0, far))
    const base = this.#looks[0]
    if (far < 0 || base === undefined || at - base.at > this.#window * STALE) return null
    const middle = this.#looks[this.#lastBefore(at - this.#window / 2)] ?? base
    return { span: at - base.at, ...compare(base, middle, look) }
  }

  /** The index of the newest look that is at least so old; -1 when there is none. */
  #lastBefore(at: number): number {
    return this.#looks.findLastIndex(look => look.at <= at)
  }
}

function compare(base: Kept, middle: Kept, now: Kept): Pick<Growth, 'cohort' | 'processes'> {
  const cohort = new Set([...base.names].filter(name => now.names.has(name)))
  const processes: ProcessGrowth[] = []
  for (const key of new Set([...base.processes.keys(), ...now.processes.keys()])) {
    const before = base.processes.get(key)
    const after = now.processes.get(key)
    const owners = after?.owners ?? before?.owners ?? []
    const strangers = [...(before?.owners ?? []), ...owners].some(name => !cohort.has(name))
    const passing = before === undefined && !middle.processes.has(key)
    if (strangers || passing) continue
    const was = before?.anonymous ?? 0
    processes.push({ owners, growth: (after?.anonymous ?? 0) - was, before: was })
  }
  return { cohort, processes }
}
