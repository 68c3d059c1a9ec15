/** How long the phases take; all times in milliseconds. What is tuned stands here and nowhere else. */
export const PLAN = {
  /** The part of the time that the warm-up may take. */
  warmupShare: 0.2,
  /** Iterations of the first round … */
  roundIterations: 2_400,
  /** … unless they take longer than this. */
  round: 400,
  /** Iterations after which something that still stays is a leak and no cache that fills … */
  enough: 9_600,
  /** … or the part of the time after which it has to be one. */
  enoughShare: 0.8,
  /** Iterations below which nothing can be said … */
  fewest: 24,
  /** … and below which what stays may be a bounded thing that fills, as the 250 timings that fetch keeps. */
  fewestForHeap: 480,
  /** What is waited before a verdict, so that late clean-up is no leak. */
  settle: 500,
  /** Windows in each of which a counter or the heap has to rise. */
  windows: 4,
}

/** Bytes between samples, 1 for all, where an iteration takes so long. */
export function intervalFor(milliseconds: number): number {
  if (milliseconds < 0.3) return 1
  if (milliseconds < 2) return 64
  return milliseconds < 10 ? 256 : 1_024
}
