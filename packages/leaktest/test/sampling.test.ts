import { describe, expect, it } from 'vitest'
import { intervalForSamples, type Survivors } from '../src/sampling.ts'

describe('the bytes between samples', () => {
  const many: Survivors = {
    stack: [],
    slices: [],
    bytes: Array.from({ length: 1_000 }, () => 32),
  }

  it('are as few as they may be while there is little to sample', () => {
    expect(intervalForSamples([many], 1_000, 1)).toBe(1)
    expect(intervalForSamples([], 0, 64)).toBe(64)
  })

  it('become more until no more would be sampled than are wanted', () => {
    const interval = intervalForSamples([many], 100, 1)
    expect(1_000 * (1 - Math.exp(-32 / interval))).toBeLessThanOrEqual(100)
    expect(1_000 * (1 - Math.exp(-32 / (interval / 2)))).toBeGreaterThan(100)
  })
})
