/** How long the phases take; all times in milliseconds. What is tuned stands here and nowhere else. */
export const PLAN = {
  /** The part of the time that the warm-up may take. */
  warmupShare: 0.2,
  /** Iterations that tell how much is to be sampled … */
  probe: 100,
  /** … unless they take longer than this. */
  probeTime: 20,
  /** Survivors that are sampled at most, if all of them stay: reading them takes longer than all else. */
  samples: 4_000,
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
  /** Windows in each of which a counter has to rise, and the heap in all but the first. */
  windows: 4,
  /** The part of the heap from which it was nearly full before. */
  fullBefore: 0.6,
}

/** Milliseconds that an iteration may take while everything is sampled. */
const CHEAP = 0.3
/** Bytes of an object, as most programs make them. */
const OBJECT = 40
const MOST_BETWEEN = 1_024

/**
 * Bytes between samples, at least, so that an iteration takes no more than twice as long as without sampling.
 * @param alone milliseconds of an iteration that is not sampled.
 * @param sampled those of one of which everything is.
 */
export function intervalFor(alone: number, sampled: number): number {
  if (sampled <= Math.max(CHEAP, 2 * alone)) return 1
  return Math.min(MOST_BETWEEN, 2 ** Math.ceil(Math.log2((OBJECT * (sampled - alone)) / alone)))
}
