/**
 * Looks at the memory of this host's agents.
 *
 * Each look reads the store's agents of this host, one process table with its environments (about 10 µs per process of the host),
 * and about 1 ms per process of an agent, most of it on another thread.
 */
import { throwIfAborted } from '../../errors/abort.ts'
import { selfIdentity } from '../../process/identity.ts'
import { readMemory } from '../../process/memory.ts'
import { nextTable } from '../../process/table.ts'
import type { CallOptions, FleetStore } from '../store.ts'
import { findHomes, keyOf, type LocalAgent } from './homes.ts'
import { readHostMemory } from './host-memory.ts'
import { LocalAgents } from './local-agents.ts'
import { refOf, type AgentMemory, type MemorySample, type ProcessReading } from './memory-sample.ts'

/** A sample, and what it was made of. */
export interface Look extends Omit<MemorySample, 'at'> {
  /** All agents of this host, also those whose processes cannot be looked at. See `nameOf`. */
  names: readonly string[]
  processes: readonly ProcessReading[]
}

export class Sampler {
  readonly #store: FleetStore
  readonly #agents: LocalAgents
  #before: ReadonlyMap<string, readonly string[]> = new Map()
  /** Processor time of each process of the host at the look before, whosever it was; undefined when nobody looked. */
  #cpu: ReadonlyMap<string, number> | undefined

  constructor(store: FleetStore) {
    this.#store = store
    this.#agents = new LocalAgents(store)
  }

  async look({ signal }: CallOptions = {}): Promise<Look> {
    const options = signal === undefined ? {} : { signal }
    const agents = await this.#agents.read(options)
    const processes = await this.#readProcesses(agents, options)
    return {
      names: agents.map(({ name }) => name),
      processes,
      agents: byAgent(processes, new Map(agents.map(({ name, heap }) => [name, heap]))),
      fleet: { bytes: processes.reduce((sum, { bytes }) => sum + bytes, 0), processes: processes.length },
      host: readHostMemory(),
    }
  }

  /** Where nobody lives, nobody looks at the processes of the host. */
  async #readProcesses(agents: readonly LocalAgent[], options: CallOptions): Promise<ProcessReading[]> {
    if (agents.length === 0) {
      this.#before = new Map()
      this.#cpu = undefined
      return []
    }
    const kept = await this.#store.kept(selfIdentity().bootId, options)
    const table = await nextTable()
    const housed = findHomes(table, { agents, kept, before: this.#before })
    throwIfAborted(options.signal)
    const memory = await readMemory(
      housed.map(({ row }) => row.pid),
      options,
    )
    const processes = housed.flatMap(({ row, owners }): ProcessReading[] => {
      const taken = memory.get(row.pid)
      const key = keyOf(row)
      return taken === undefined ? [] : [{ key, owners, cpu: this.#usedSince(key, row.cpu), ...taken }]
    })
    this.#before = new Map(housed.map(({ row, owners }) => [keyOf(row), owners]))
    this.#cpu = new Map(Array.from(table).flatMap(row => (row.cpu === undefined ? [] : [[keyOf(row), row.cpu]])))
    return processes
  }

  /** All of one that is new was used since the look before. */
  #usedSince(key: string, cpu: number | undefined): number | null {
    return this.#cpu === undefined || cpu === undefined ? null : cpu - (this.#cpu.get(key) ?? 0)
  }
}

function byAgent(processes: readonly ProcessReading[], heaps: ReadonlyMap<string, number | null>): AgentMemory[] {
  const agents = new Map<string, AgentMemory & { others: Set<string> }>()
  for (const { owners, bytes, measure, cpu } of processes) {
    for (const name of owners) {
      let agent = agents.get(name)
      if (agent === undefined) {
        const heap = heaps.get(name) ?? null
        agent = { ...refOf(name), bytes: 0, processes: 0, sharedWith: 0, measure, heap, cpu: null, others: new Set() }
        agents.set(name, agent)
      }
      agent.bytes += bytes
      agent.processes += 1
      if (cpu !== null) agent.cpu = (agent.cpu ?? 0) + cpu
      if (measure === 'rss') agent.measure = measure
      for (const other of owners) if (other !== name) agent.others.add(other)
    }
  }
  return Array.from(agents.values(), ({ others, ...agent }) => ({ ...agent, sharedWith: others.size })).toSorted(
    (a, b) => b.bytes - a.bytes,
  )
}
