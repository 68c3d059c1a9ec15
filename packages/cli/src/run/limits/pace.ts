import type { Limits } from './limits.ts'
import type { Usage } from './usage.ts'

/** Milliseconds between two looks. */
const FASTEST = 20
const SLOWEST = 250

/** How fast a tree can grow: memory by the bytes that a few cores write, processes by what the kernel forks. Per millisecond. */
const BYTES = (4 * 1_024 ** 3) / 1_000
const FORKS = 1

/** Looking takes at most a tenth of a processor, where that leaves it often enough. */
const COST_FACTOR = 10

/** Milliseconds until the next look: before a tree can have passed a limit that it is far from, and often when it is near. */
export function nextLook({ memory, processes }: Usage, limits: Limits, cost: number): number {
  const memoryRoom = ((limits.memory ?? Infinity) - memory) / BYTES
  const processRoom = ((limits.processes ?? Infinity) - processes) / FORKS
  return Math.min(SLOWEST, Math.max(FASTEST, cost * COST_FACTOR, Math.min(memoryRoom, processRoom)))
}
