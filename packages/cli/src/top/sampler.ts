import { availableParallelism } from 'node:os'
import {
  condition,
  type AgentRecord,
  type Condition,
  type Fleet,
  type HostMemory,
  type MemoryWatch,
} from '@oakum/core/fleet'
import { memoryOf } from '../status/memory.ts'

/** One agent. What cannot be told, because it runs on another host for one, is null. */
export interface TopRow {
  id: string
  epoch: string
  phase: Condition
  state: string
  host: string
  pid: number
  /** Milliseconds since it was registered. */
  age: number
  /** Per cent of one processor since the look before. */
  cpu: number | null
  /** Memory of its tree, in bytes. */
  bytes: number | null
  processes: number | null
  /** How many other agents live in some of these processes, each of which has the whole of it. */
  sharedWith: number
}

export interface TopSample {
  /** Milliseconds since 1970. */
  at: number
  agents: TopRow[]
  /** Each process counts once. */
  fleet: { bytes: number; processes: number }
  host: HostMemory
}

/** Looks at what agents take. The first look knows nothing of processors yet: it has none to compare with. */
export class TopSampler {
  readonly #fleet: Fleet
  readonly #watch: MemoryWatch
  #lookedAt = 0

  constructor(fleet: Fleet) {
    this.#fleet = fleet
    // Leaks are told by `oakum up`; for one who only looks, nothing is a leak.
    this.#watch = fleet.memoryWatch({ threshold: Number.MAX_SAFE_INTEGER })
  }

  async next(): Promise<TopSample> {
    const began = performance.now()
    const [sample, agents, now] = await Promise.all([this.#watch.sample(), this.#fleet.agents(), this.#fleet.now()])
    const passed = began - this.#lookedAt
    this.#lookedAt = began
    const rowOf = (agent: AgentRecord): TopRow => {
      const taken = memoryOf(sample, agent)
      const { id, epoch, state, host, process, registeredAt } = agent
      return {
        id,
        epoch,
        phase: condition(agent, now),
        state,
        host,
        pid: process.pid,
        age: Math.max(0, now - registeredAt),
        cpu: taken?.cpu == null ? null : percent(taken.cpu, passed),
        bytes: taken?.bytes ?? null,
        processes: taken?.processes ?? null,
        sharedWith: taken?.sharedWith ?? 0,
      }
    }
    return { at: sample.at, agents: agents.map(rowOf), fleet: sample.fleet, host: sample.host }
  }
}

/** Never more than all processors give: of one that came from elsewhere, all it ever used seems to be of this moment. */
function percent(used: number, passed: number): number {
  const most = availableParallelism() * 100
  return Math.round(Math.min(most, (Math.max(0, used) / passed) * 100) * 10) / 10
}
