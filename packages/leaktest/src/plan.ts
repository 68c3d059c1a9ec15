/** How long the phases take; all times in milliseconds. What is tuned stands here and nowhere else. */
export const PLAN = {
  /** The part of the time that the warm-up may take. */
  warmupShare: 0.2,
  /** Iterations that tell how much is to be sampled … */
  probe: 100,
  /** … unless they take longer than this. */
  probeTime: 20,
  /** Survivors that are sampled at most, if all of them stay: reading them takes longer than all else. */
  samples: 6_000,
  /** Iterations of the first round … */
  roundIterations: 2_400,
  /** … unless they take longer than this … */
  round: 150,
  /** … but never fewer. */
  roundFewest: 48,
  /** Iterations after which something that still stays is a leak and no cache that fills … */
  enough: 8_400,
  /** … or the part of the time after which it has to be one. */
  enoughShare: 0.5,
  /** Iterations below which nothing can be said … */
  fewest: 24,
  /** … and below which what stays may be a bounded thing that fills, as the 250 timings that fetch keeps. */
  fewestForHeap: 480,
  /** The part of the time that may be taken to reach these. */
  fewestShare: 0.8,
  /** What old things get before a verdict, so that late clean-up is no leak … */
  settle: 200,
  /** … and the first part of it after which a collection comes; each further part is twice as long. */
  firstWait: 20,
  /** Windows in each of which a counter or the heap has to rise. */
  windows: 4,
}

/** Bytes between samples at least, 1 for all, where an iteration takes so long. */
export function intervalFor(milliseconds: number): number {
  if (milliseconds < 0.3) return 1
  if (milliseconds < 1) return 64
  return milliseconds < 4 ? 512 : 1_024
}
