/**
 * A figure over time, in bounded room: the newest points as they came, older ones six to one, the oldest thirty-six to one, each
 * with its least, its greatest and its mean. With a look every 10 s that is 10 minutes, an hour and six hours, in 180 points.
 */
export interface MemoryPoint {
  /** The beginning of what it stands for: wall time, in milliseconds since 1970. */
  at: number
  min: number
  max: number
  /** Weighted by number of looks. */
  mean: number
}

/** Points in each tier, and how many of one become one of the next. */
const TIER = 60
const MERGED = 6
const TIERS = 3

export class Series {
  readonly #tiers: MemoryPoint[][] = [[]]

  add(at: number, value: number): void {
    this.#push(0, { at, min: value, max: value, mean: value })
  }

  /** Oldest first. At most `TIERS` × (`TIER` + `MERGED`). */
  points(): MemoryPoint[] {
    return this.#tiers.toReversed().flatMap(points => points.map(point => ({ ...point })))
  }

  #push(tier: number, point: MemoryPoint): void {
    if (tier === TIERS) return
    const points = (this.#tiers[tier] ??= [])
    points.push(point)
    if (points.length >= TIER + MERGED) this.#push(tier + 1, merge(points.splice(0, MERGED)))
  }
}

function merge(points: readonly MemoryPoint[]): MemoryPoint {
  const [first] = points
  return {
    at: first?.at ?? 0,
    min: Math.min(...points.map(({ min }) => min)),
    max: Math.max(...points.map(({ max }) => max)),
    mean: points.reduce((sum, { mean }) => sum + mean, 0) / points.length,
  }
}
