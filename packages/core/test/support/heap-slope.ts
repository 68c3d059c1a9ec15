/**
 * How much of the heap each cycle of something leaves behind, and which handles and file descriptors.
 *
 * The first half of the cycles fills caches and lets the compiler settle; the slope is that of the second half: the median of
 * all slopes between two samples, which a few odd collections do not move. Each sample follows full collections.
 */
import { readdirSync } from 'node:fs'

export interface HeapSlopeOptions {
  cycles: number
  /** Of the second half. @default 12 */
  samples?: number
}

export interface HeapSlope {
  bytesPerCycle: number
  /** Handles that appeared, by kind; negative for those that went. Empty when none did. */
  handles: Readonly<Record<string, number>>
  /** File descriptors more than before. */
  fds: number
}

/** @throws Error without --expose-gc: a slope without collections says nothing */
export async function heapSlope(
  cycle: (index: number) => void | Promise<void>,
  { cycles, samples = 12 }: HeapSlopeOptions,
): Promise<HeapSlope> {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('Leak tests need --expose-gc; run them with --project leak.')
  const settle = async (): Promise<void> => {
    // Two rounds: finalizers of the first free what the second collects.
    for (let round = 0; round < 2; round++) {
      await new Promise(setImmediate)
      await gc({ execution: 'async' })
    }
  }
  await settle()
  const before = { handles: handleCounts(), fds: fdCount() }
  const half = Math.floor(cycles / 2)
  const every = Math.max(1, Math.floor((cycles - half) / (samples - 1)))
  const points: { index: number; bytes: number }[] = []
  for (let index = 0; index < cycles; index++) {
    if (index >= half && (index - half) % every === 0) {
      await settle()
      points.push({ index, bytes: process.memoryUsage().heapUsed })
    }
    await cycle(index)
  }
  await settle()
  points.push({ index: cycles, bytes: process.memoryUsage().heapUsed })
  return {
    bytesPerCycle: medianSlope(points),
    handles: difference(before.handles, handleCounts()),
    fds: fdCount() - before.fds,
  }
}

/** Theil and Sen's: the median of the slopes of all pairs. */
function medianSlope(points: readonly { index: number; bytes: number }[]): number {
  const slopes: number[] = []
  for (const [position, a] of points.entries()) {
    for (const b of points.slice(position + 1)) slopes.push((b.bytes - a.bytes) / (b.index - a.index))
  }
  return slopes.toSorted((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? Number.NaN
}

function handleCounts(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

function fdCount(): number {
  return readdirSync('/proc/self/fd').length
}

function difference(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Record<string, number> {
  const kinds = new Set([...before.keys(), ...after.keys()])
  const changes = [...kinds].map(kind => [kind, (after.get(kind) ?? 0) - (before.get(kind) ?? 0)] as const)
  return Object.fromEntries(changes.filter(([, change]) => change !== 0))
}
