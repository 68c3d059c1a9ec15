import type { Estimate } from './report.ts'

/** Student's t for an interval of 95 %, by degrees of freedom from 1. */
const T = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2]

/** The mean of some readings, and the interval that holds the true one in 95 of 100 tests. */
export function estimate(values: readonly number[]): Estimate {
  const { length } = values
  if (length === 0) return { value: 0, low: 0, high: 0 }
  const mean = values.reduce((total, value) => total + value, 0) / length
  if (length === 1) return { value: mean, low: mean, high: mean }
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / (length - 1)
  const half = (T[length - 2] ?? 1.96) * Math.sqrt(variance / length)
  return { value: mean, low: mean - half, high: mean + half }
}
