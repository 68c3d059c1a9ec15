/**
 * Growth that makes no new objects: arrays of numbers, tables of ids, ropes.
 *
 * The heap after a collection is read at N, 2N, 4N … iterations. A table that doubles grows in steps, but at least once
 * in each doubling of the iterations; noise does not grow with them.
 */

/** A reading of the heap after a collection. */
export interface HeapReading {
  readonly iterations: number
  /** Without what the harness itself holds. */
  readonly bytes: number
}

/** Bytes per iteration in each of the last windows that make a closer look worth it. */
const SUSPICIOUS = 3
/** Bytes over the last windows, for each of them, that are more than noise: code that is compiled late, tables of V8. */
const NOISE = 4 * 1_024
/**
 * The least of the slopes, as a part of the steepest: a table grows by half at least, so in one window by up to 2.5 times as
 * much as in another, while the slope of noise halves with each window.
 */
const EVEN = 0.3

/** Bytes per iteration from one reading to the next. */
export function slopes(readings: readonly HeapReading[]): number[] {
  return readings.slice(1).map(({ iterations, bytes }, index) => {
    const before = readings[index]
    return before === undefined ? 0 : (bytes - before.bytes) / (iterations - before.iterations)
  })
}

/** Bytes per iteration over the last windows, when it grew in each of them, and by more than noise; else 0. */
export function growth(readings: readonly HeapReading[], windows: number): number {
  const last = slopes(readings).slice(-windows)
  if (windows < 1 || last.length < windows || last.some(slope => slope < SUSPICIOUS)) return 0
  if (windows > 2 && Math.min(...last) < EVEN * Math.max(...last)) return 0
  const from = readings.at(-windows - 1)
  const to = readings.at(-1)
  if (from === undefined || to === undefined || to.bytes - from.bytes < NOISE * windows) return 0
  return (to.bytes - from.bytes) / (to.iterations - from.iterations)
}

/** By how much a table has to have been filled further, at least, so that it has grown for certain. */
const FURTHER = 1.5

/**
 * Bytes per iteration by which the heap grew in each window in which a table of all iterations had to grow, those before the
 * first reading included; else 0. The first window is left out: what is compiled and filled once lies there.
 */
export function growthOfTables(readings: readonly HeapReading[], before: number): number {
  const spaced: HeapReading[] = []
  for (const reading of readings.slice(1).toReversed()) {
    const next = spaced[0]
    if (next === undefined || (before + reading.iterations) * FURTHER <= before + next.iterations)
      spaced.unshift(reading)
  }
  return growth(spaced, spaced.length - 1)
}
