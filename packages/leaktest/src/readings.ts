/**
 * What is read from the process between the iterations: the heap and the counters.
 *
 * Invariants: the heap is read right after a collection, and without what the test itself has made; of two readings after
 * the same number of iterations one counts, since nothing can have risen from one to the other: of the heap the lower, of the
 * counters the later.
 */
import { count, risesIn, type Counts } from './counters.ts'
import { countDeeply, type Wanted } from './deep-counters.ts'
import { collect, heapUsed } from './engine.ts'
import { growthOfTables, type HeapReading } from './heap-growth.ts'
import type { Inspector } from './inspector.ts'
import type { LeaktestOptions } from './options.ts'
import { PLAN } from './plan.ts'
import type { CounterRise } from './report.ts'

/** What counting alone tells. */
export interface Counted {
  readonly rises: readonly CounterRise[]
  /** Bytes per iteration by which the heap grew in each of the last windows; 0 when it did not. */
  readonly growth: number
  readonly heap: readonly HeapReading[]
  /** Whether there were as many windows as a rising counter or heap needs. */
  readonly seenEnough: boolean
}

interface Reading {
  readonly iterations: number
  readonly counts: Counts
}

export class Readings {
  readonly #inspector: Inspector
  readonly #wanted: Wanted
  #heap: HeapReading[] = []
  #counts: Reading[] = []
  #deepCounts: Reading[] = []
  #ownBytes = 0

  /** Listeners, promises and instances are counted when they are asked for. */
  constructor(inspector: Inspector, { budget, instances = [] }: Pick<LeaktestOptions, 'budget' | 'instances'>) {
    this.#inspector = inspector
    this.#wanted = { listeners: budget?.listeners !== undefined, promises: budget?.promises !== undefined, instances }
  }

  get length(): number {
    return this.#counts.length
  }

  /** @param markerBytes those of the heap that are the sampling's. */
  read(iterations: number, markerBytes: number): void {
    collect()
    const before = this.#heap.at(-1)
    const bytes = heapUsed() - markerBytes - this.#ownBytes
    const least = before?.iterations === iterations ? Math.min(before.bytes, bytes) : bytes
    replaceLast(this.#heap, { iterations, bytes: least })
    replaceLast(this.#counts, { iterations, counts: count() })
  }

  /** Reads also what takes long to count, and is therefore counted only at the beginning and after each round. */
  readDeeply(iterations: number, markerBytes: number): void {
    this.read(iterations, markerBytes)
    const { listeners, promises, instances } = this.#wanted
    if (!listeners && !promises && instances.length === 0) return
    replaceLast(this.#deepCounts, { iterations, counts: countDeeply(this.#inspector, this.#wanted) })
  }

  /** What has come to the heap since the last reading was made by the test itself: it is nothing that grew. */
  leaveOut(markerBytes: number): void {
    const last = this.#heap.at(-1)
    if (last === undefined) return
    collect()
    this.#ownBytes += heapUsed() - markerBytes - this.#ownBytes - last.bytes
  }

  clear(): void {
    this.#heap = []
    this.#counts = []
    this.#deepCounts = []
  }

  /** @param before iterations before the first reading. */
  counted(before: number): Counted {
    return {
      rises: [...risesIn(this.#counts.slice(-PLAN.windows - 1)), ...risesIn(this.#deepCounts)],
      growth: growthOfTables(this.#heap, before),
      heap: this.#heap,
      seenEnough: this.#counts.length > PLAN.windows,
    }
  }
}

function replaceLast<T extends { readonly iterations: number }>(readings: T[], reading: T): void {
  if (readings.at(-1)?.iterations === reading.iterations) readings.pop()
  readings.push(reading)
}
