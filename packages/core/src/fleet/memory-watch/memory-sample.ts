import type { LeaseRef } from '../records.ts'
import type { HostMemory } from './host-memory.ts'

/** What one agent takes of its host's memory, and of its processors. Sizes in bytes. */
export interface AgentMemory extends LeaseRef {
  /**
   * Of all processes of its tree; what belongs to another agent below it is that one's. By proportional shares (PSS), by resident
   * sets where those are not to be had.
   */
  bytes: number
  /** How many processes that is. */
  processes: number
  /**
   * How many other agents live in some of these processes. An agent that shares its process with nine others has the whole of it
   * in `bytes`, as they have; the fleet's sum counts it once.
   */
  sharedWith: number
  measure: 'pss' | 'rss'
  /** Of the JavaScript heap in use in the process that it lives in, as its last beat told; null when it tells none. */
  heap: number | null
  /**
   * Processor time that these processes used since the look before, in milliseconds. Null in the first look, and where the system
   * does not tell.
   */
  cpu: number | null
}

/** One look at the memory of this host and of the agents on it. */
export interface MemorySample {
  /** Wall time, in milliseconds since 1970. */
  at: number
  /** The agents of this host, the largest first. One of whose processes none can be looked at is left out. */
  agents: readonly AgentMemory[]
  /** All agents of this host together; each process counts once. */
  fleet: { bytes: number; processes: number }
  host: HostMemory
}

/** One process of an agent, or of several, as a sample found it. Sizes in bytes. */
export interface ProcessReading {
  /** Pid and start time. */
  key: string
  /** The agents whose it is, by `nameOf`; one at least. */
  owners: readonly string[]
  bytes: number
  /** Of that what no file stands behind; see `ProcessMemory`. */
  anonymous: number
  measure: 'pss' | 'rss'
  /** See `AgentMemory`. */
  cpu: number | null
}

/** One lease as a key of maps. */
export function nameOf({ id, epoch }: LeaseRef): string {
  return `${id} ${epoch}`
}

/** The other way round; an id has no spaces. */
export function refOf(name: string): LeaseRef {
  const space = name.indexOf(' ')
  return { id: name.slice(0, space), epoch: name.slice(space + 1) }
}
