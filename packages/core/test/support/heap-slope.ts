import { readdirSync } from 'node:fs'

/** How the heap grows over cycles of something. */
export interface HeapSlope {
  /** Bytes per cycle over the second half, by least squares. */
  readonly bytesPerCycle: number
  /** Heap bytes in use at each measurement, garbage collected before it. */
  readonly samples: readonly number[]
  /** What kept Node's event loop alive before and after, and how many descriptors were open. */
  readonly before: Handles
  readonly after: Handles
}

interface Handles {
  /** As `process.getActiveResourcesInfo()` names them, sorted. */
  readonly resources: readonly string[]
  /** Open file descriptors; -1 where the system does not list them. */
  readonly descriptors: number
}

/** Options of {@link heapSlope}. */
export interface HeapSlopeOptions {
  readonly cycles: number
  /** How often the heap is measured. @default 10 */
  readonly windows?: number
  /** Cycles before anything is measured. @default a tenth of the cycles */
  readonly warmup?: number
}

/**
 * Runs a cycle again and again, and fits a line through the heap's size over the second half: what a cycle leaves behind,
 * when everything that is filled once (caches, compiled code) has been. Throws when the collector cannot be called.
 */
export async function heapSlope(cycle: () => Promise<void>, options: HeapSlopeOptions): Promise<HeapSlope> {
  const { cycles, windows = 10, warmup = cycles / 10 } = options
  for (let n = 0; n < warmup; n++) await cycle()
  await collect()
  const before = handles()
  const samples: number[] = []
  const perWindow = Math.ceil(cycles / windows)
  for (let window = 0; window < windows; window++) {
    for (let n = 0; n < perWindow; n++) await cycle()
    samples.push(await collect())
  }
  const half = samples.slice(windows >> 1)
  return { bytesPerCycle: slope(half) / perWindow, samples, before, after: handles() }
}

/** Collects until the heap shrinks no more, and returns its size in bytes. */
async function collect(): Promise<number> {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('A leak test needs --expose-gc: run it by `vitest --project leak`.')
  let size = Infinity
  for (let round = 0; round < 5; round++) {
    // Finalization callbacks and weak references are cleared between turns.
    await new Promise(resolve => setImmediate(resolve))
    gc()
    const { heapUsed } = process.memoryUsage()
    if (heapUsed >= size) break
    size = heapUsed
  }
  return size
}

function handles(): Handles {
  return { resources: process.getActiveResourcesInfo().toSorted(), descriptors: openDescriptors() }
}

function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return -1
  }
}

/** Least squares over values at 0, 1, 2 … */
function slope(values: readonly number[]): number {
  const meanX = (values.length - 1) / 2
  const meanY = values.reduce((sum, value) => sum + value, 0) / values.length
  let covariance = 0
  let variance = 0
  for (const [x, y] of values.entries()) {
    covariance += (x - meanX) * (y - meanY)
    variance += (x - meanX) ** 2
  }
  return covariance / variance
}
