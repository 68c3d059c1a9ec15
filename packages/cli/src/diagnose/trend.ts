/**
 * Whether a figure grows, and how fast.
 *
 * The slope is the median of the slopes of all pairs of readings (Theil–Sen), with the 95 % interval that the order of these
 * slopes gives (Kendall): neither is moved by a spike. Readings of one process depend on each other, so the interval alone would
 * call much a leak that goes up and down. So the floor has to rise as well: of five windows the lowest reading of each lies above
 * that of the one before, and the lowest of the last above the highest of the first two.
 */

/** One reading of a figure. `at` in milliseconds. */
export interface Point {
  at: number
  value: number
}

export interface Trend {
  verdict: 'grows' | 'settles'
  /** The first and the last reading, and the highest of all. */
  first: number
  last: number
  highest: number
  /** What it grew by per second, and the 95 % interval of that. */
  perSecond: { value: number; low: number; high: number }
}

/** Readings without which nothing can be told: two in each window. */
export const LEAST_READINGS = 10

const WINDOWS = 5
/** Windows at the beginning whose highest the last has to leave behind. */
const EARLY = 2
/** Of the normal distribution, for 95 %. */
const Z = 1.96

/** @param noise What it has to grow by from the first window to the last, at least. */
export function trendOf(points: readonly Point[], noise: number): Trend {
  const values = points.map(({ value }) => value)
  const perSecond = slopeOf(points)
  const grows = floorRises(values, noise) && perSecond.low > 0
  return {
    verdict: grows ? 'grows' : 'settles',
    first: values[0] ?? 0,
    last: values.at(-1) ?? 0,
    highest: Math.max(...values),
    perSecond,
  }
}

function floorRises(values: readonly number[], noise: number): boolean {
  if (values.length < LEAST_READINGS) return false
  const windows = Array.from({ length: WINDOWS }, (_, index) => {
    const [from = 0, to = 0] = [index, index + 1].map(part => Math.round((values.length * part) / WINDOWS))
    return values.slice(from, to)
  })
  const floors = windows.map(window => Math.min(...window))
  const last = floors.at(-1) ?? 0
  const early = Math.max(...windows.slice(0, EARLY).flat())
  const rises = floors.every((floor, index) => index === 0 || floor > (floors[index - 1] ?? 0))
  return rises && last > early && last - (floors[0] ?? 0) >= noise
}

function slopeOf(points: readonly Point[]): Trend['perSecond'] {
  const slopes: number[] = []
  for (const [index, a] of points.entries()) {
    for (const b of points.slice(index + 1)) if (b.at > a.at) slopes.push(((b.value - a.value) / (b.at - a.at)) * 1_000)
  }
  slopes.sort((a, b) => a - b)
  const count = points.length
  const spread = Z * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18)
  const at = (rank: number): number => slopes[Math.min(Math.max(Math.round(rank), 0), slopes.length - 1)] ?? 0
  return {
    value: at((slopes.length - 1) / 2),
    low: at((slopes.length - spread) / 2),
    high: at((slopes.length + spread) / 2),
  }
}
