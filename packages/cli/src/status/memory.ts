import type { AgentMemory, Fleet, LeaseRef, MemorySample } from '@oakum/core/fleet'

/** A figure is not worth more of its reader's time than this. Milliseconds. */
const PATIENCE = 2_000

/** What the agents of this host take of the memory now; null when that cannot be told in time. */
export async function readMemory(fleet: Fleet): Promise<MemorySample | null> {
  return fleet
    .memoryWatch()
    .sample({ signal: AbortSignal.timeout(PATIENCE) })
    .catch(() => null)
}

/** One agent's part in a sample. */
export function memoryOf(sample: MemorySample | null, { id, epoch }: LeaseRef): AgentMemory | undefined {
  return sample?.agents.find(agent => agent.id === id && agent.epoch === epoch)
}
