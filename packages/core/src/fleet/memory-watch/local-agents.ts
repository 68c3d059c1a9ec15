import { selfIdentity, type ProcessIdentity } from '../../process/identity.ts'
import { LIVE_PHASES, type AgentRecord, type OwnedResource } from '../records.ts'
import type { CallOptions, FleetStore } from '../store.ts'
import { LIST_LIMIT } from '../store-limits.ts'
import type { LocalAgent } from './homes.ts'
import { nameOf } from './memory-sample.ts'

/** What an agent owns is read again at so manieth reads; its mark is there from the first moment. */
const OWNED_EVERY = 6

interface Known {
  agent: LocalAgent
  /** Reads since what it owns was read. */
  age: number
}

/**
 * The agents of this host, and what their processes are found by. Costs a page of agents, and for each one that is new, or was not
 * asked for a while, the list of what it owns. Remembers only those that live.
 */
export class LocalAgents {
  readonly #store: FleetStore
  #known: ReadonlyMap<string, Known> = new Map()

  constructor(store: FleetStore) {
    this.#store = store
  }

  async read(options: CallOptions = {}): Promise<LocalAgent[]> {
    const next = new Map<string, Known>()
    for await (const record of this.#records(options)) {
      const name = nameOf(record)
      const known = this.#known.get(name)
      const fresh = known !== undefined && known.age + 1 < OWNED_EVERY
      const agent = fresh
        ? { ...known.agent, heap: record.heap }
        : describe(name, record, await this.#store.resources(record, options))
      next.set(name, { agent, age: fresh ? known.age + 1 : 0 })
    }
    this.#known = next
    return Array.from(next.values(), ({ agent }) => agent)
  }

  async *#records(options: CallOptions): AsyncGenerator<AgentRecord> {
    const { bootId } = selfIdentity()
    for (let after = 0; ;) {
      const page = await this.#store.list({ ...options, bootId, phases: LIVE_PHASES, after, limit: LIST_LIMIT })
      yield* page
      const last = page.at(-1)
      if (last === undefined) return // a page may be short of records that cannot be read
      after = last.seq
    }
  }
}

function describe(name: string, { process, heap }: AgentRecord, resources: readonly OwnedResource[]): LocalAgent {
  const roots: ProcessIdentity[] = [process]
  const marks: string[] = []
  for (const { kind, data } of resources) {
    if (kind !== 'process') continue
    const { mark, pid, startTime, bootId } = data
    if (typeof mark === 'string') marks.push(mark)
    else if (typeof pid === 'number' && typeof startTime === 'string' && bootId === process.bootId) {
      roots.push({ pid, startTime, bootId: process.bootId })
    }
  }
  return { name, roots, marks, heap }
}
