/** A reading of something, after so many repetitions. */
export interface Reading {
  readonly at: number
  readonly value: number
}

/** The median of the slopes between all pairs: a few wild readings do not move it. NaN for fewer than two. */
export function theilSen(readings: readonly Reading[]): number {
  const slopes = readings
    .flatMap((one, index) => readings.slice(index + 1).map(other => (other.value - one.value) / (other.at - one.at)))
    .toSorted((a, b) => a - b)
  return slopes[slopes.length >> 1] ?? Number.NaN
}
