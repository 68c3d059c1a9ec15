/**
 * The memory of each agent and of the fleet over time.
 *
 * Invariants:
 * - At most `AGENTS` agents are remembered; when there are more, those that were seen longest ago go first, and of those that live
 *   the smallest are left out.
 * - An agent that is gone is forgotten `FORGET_AFTER` later.
 */
import { nameOf, type AgentMemory, type MemorySample } from './memory-sample.ts'
import { Series, type MemoryPoint } from './series.ts'

const AGENTS = 256
/** Milliseconds. */
const FORGET_AFTER = 600_000

interface Remembered {
  series: Series
  /** By the clock that only rises. */
  seenAt: number
}

export class Histories {
  readonly #fleet = new Series()
  /** Those seen longest ago first. */
  readonly #agents = new Map<string, Remembered>()

  /** @param now Milliseconds, by a clock that only rises. */
  add(now: number, { at, agents, fleet }: Pick<MemorySample, 'at' | 'agents' | 'fleet'>): void {
    this.#fleet.add(at, fleet.bytes)
    for (const agent of agents.slice(0, AGENTS)) this.#addTo(agent, at, now)
    for (const [name, { seenAt }] of this.#agents) {
      if (this.#agents.size <= AGENTS && now - seenAt < FORGET_AFTER) break
      this.#agents.delete(name)
    }
  }

  fleet(): MemoryPoint[] {
    return this.#fleet.points()
  }

  /** By `nameOf`; empty for one that is not known. */
  agent(name: string): MemoryPoint[] {
    return this.#agents.get(name)?.series.points() ?? []
  }

  #addTo(agent: AgentMemory, at: number, now: number): void {
    const name = nameOf(agent)
    const series = this.#agents.get(name)?.series ?? new Series()
    series.add(at, agent.bytes)
    this.#agents.delete(name) // to the end of the order
    this.#agents.set(name, { series, seenAt: now })
  }
}
