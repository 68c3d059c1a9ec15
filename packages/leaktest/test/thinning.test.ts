import { describe, expect, it } from 'vitest'
import { meaningsOf, thin } from '../src/thinning.ts'
import type { Survivors } from '../src/sampling.ts'

const stack = [{ function: 'run', url: 'file:///loop.ts', scriptId: '7', line: 3, column: 2 }]

/** Survivors of one site, all of which were sampled. */
function survivors(bytes: readonly number[]): Survivors {
  return { stack, bytes, slices: bytes.map(() => 0), objects: bytes.map(() => 1) }
}

function chanceOf(size: number, interval: number): number {
  return 1 - Math.exp(-size / interval)
}

describe('what is sampled', () => {
  const dense = survivors(Array.from({ length: 1_000 }, () => 32))

  it('is everything while there is not too much of it', () => {
    expect(thin([dense], 1_000, { most: 1 }).interval).toBe(1)
    expect(thin([], 100, { most: 1 }).interval).toBe(1)
  })

  it('is a part that is not too much, where everything would be', () => {
    const { interval } = thin([dense], 1_000, { most: 0.2 })
    expect(chanceOf(32, interval)).toBeLessThanOrEqual(0.2)
    expect(chanceOf(32, interval / 2)).toBeGreaterThan(0.2)
  })

  it('is never so little that a bound could not be told', () => {
    expect(thin([dense], 1_000, { most: 0.000_1 }).interval).toBe(256)
  })

  it('is not less on account of what was made once', () => {
    expect(thin([survivors(Array.from({ length: 90 }, () => 64))], 1_000, { most: 0.01 }).interval).toBe(1)
  })

  it('is no more than an iteration has time for', () => {
    expect(thin([], 10, { most: 1, least: 512 }).interval).toBe(512)
  })
})

describe('a sample', () => {
  it.each([1, 32, 64, 512, 1_024])('stands for what it was one of, at %i bytes between samples', interval => {
    const sizes = [32, 56, 4_096]
    const thinning = { interval, sizes: thin([survivors(sizes)], 1, { most: 0.000_1 }).sizes }
    for (const size of sizes) {
      // As V8 tells it: the size, times how many objects there are to each sample, rounded.
      const told = interval === 1 ? size : size * Math.round(1 / chanceOf(size, interval))
      const { objects, bytes } = meaningsOf(stack, thinning)(told)
      expect(bytes / objects).toBeCloseTo(size)
      expect(objects).toBeCloseTo(interval === 1 ? 1 : 1 / chanceOf(size, interval))
    }
  })

  it('of a site that is not known is taken for one of the usual size, as far as that is possible', () => {
    const told = 48 * Math.round(1 / chanceOf(48, 512))
    expect(meaningsOf([], { interval: 512, sizes: new Map() })(told).objects).toBeCloseTo(1 / chanceOf(48, 512))
  })
})
