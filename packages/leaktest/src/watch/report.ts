import type { CounterRise, Estimate, Frame } from '../report.ts'

/** `grows`: something rose from each part of the watch to the next. `settles`: nothing did. */
export type WatchVerdict = 'grows' | 'settles'

/** What was read at one time, after a collection. */
export interface WatchReading {
  /** Milliseconds since the first reading. */
  readonly at: number
  /** Milliseconds that the reading took; for most of them the program stood still. */
  readonly took: number
  /** Bytes of the JavaScript heap in use. */
  readonly heapUsed: number
  /** Bytes of memory that the process holds. */
  readonly rss: number
  /** Bytes outside of the heap that its objects hold, array buffers included. */
  readonly external: number
  /** By counter, with its kind where it has one: `fds`, `timers`, `listeners AbortSignal`, `handles MessagePort`. */
  readonly counts: Readonly<Record<string, number>>
}

/** A counter that rose. */
export interface WatchRise extends Omit<CounterRise, 'perIteration'> {
  readonly perSecond: number
}

/** Code whose allocations stay. `line` is that of the function. */
export interface WatchSite extends Frame {
  /** The innermost first. */
  readonly stack: readonly Frame[]
  readonly bytesPerSecond: number
  /** Samples that stay, by the twelfth of the watch in which they were made, the oldest first. */
  readonly survivors: readonly number[]
}

/** What a watch saw. Plain values, to be written as JSON. */
export interface WatchReport {
  readonly pid: number
  /** Version of Node that the process runs on. */
  readonly node: string
  readonly verdict: WatchVerdict
  /** What grew, in one sentence per finding, for people. Empty when everything settles. */
  readonly findings: readonly string[]
  /** What could not be read, or undone, and why. */
  readonly notes: readonly string[]
  readonly readings: readonly WatchReading[]
  readonly rises: readonly WatchRise[]
  /** By which the heap grew, or shrank. */
  readonly bytesPerSecond: Estimate
  /** What made the heap grow, or what rose; the most bytes first. Empty when everything settles. */
  readonly sites: readonly WatchSite[]
  readonly milliseconds: number
}
