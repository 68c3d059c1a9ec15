import { describe, expect, it } from 'vitest'
import { growth, growthOfTables, type HeapReading } from '../src/heap-growth.ts'

/** The readings of a trial that was extended twice, where the heap has grown by so much after so many iterations. */
function readings(grown: (iterations: number) => number): HeapReading[] {
  return [0, 600, 1_200, 2_400, 4_800, 9_600].map(iterations => ({ iterations, bytes: 9e6 + grown(iterations) }))
}

it('an array of numbers grows by what each takes', () => {
  expect(
    growth(
      readings(iterations => iterations * 8),
      4,
    ),
  ).toBeCloseTo(8)
})

it('a table that doubles grows, in steps', () => {
  expect(
    growth(
      readings(iterations => 24 * 2 ** Math.ceil(Math.log2(iterations + 1))),
      4,
    ),
  ).toBeGreaterThan(20)
})

it('a table that is as large as what comes between two collections does not', () => {
  expect(
    growth(
      readings(iterations => (iterations < 1_200 ? 0 : 40_000)),
      4,
    ),
  ).toBe(0)
})

it('what grows less and less has an end', () => {
  expect(
    growth(
      readings(iterations => Math.log2(iterations + 1) * 15_000),
      4,
    ),
  ).toBe(0)
})

it('a few kilobytes more in each window are noise', () => {
  expect(
    growth(
      readings(iterations => Math.log2(iterations + 1) * 2_000),
      4,
    ),
  ).toBe(0)
})

/** Bytes of a table with so many entries of 8 bytes each. */
function sizeOf(entries: number): number {
  let capacity = 16
  while (capacity < entries) capacity = Math.floor(capacity * 1.5) + 16
  return capacity * 8
}

describe('a table that grows by half when it is full', () => {
  it.each([
    [100, 40, [0, 15, 30, 60, 120]],
    [1_000, 140, [0, 600, 1_200, 2_400, 4_800]],
    [1, 140, [0, 600, 1_200, 2_400, 4_800, 9_600]],
  ])('is seen with %i entries per iteration after %i iterations, at %j', (each, before, counts) => {
    const grown = counts.map(iterations => ({ iterations, bytes: 9e6 + sizeOf((before + iterations) * each) }))
    expect(growthOfTables(grown, before)).toBeGreaterThan(3)
  })

  it('cannot be told where no window is long enough for it to have grown', () => {
    const grown = [0, 12, 24, 48].map(iterations => ({ iterations, bytes: 9e6 + iterations * 1_000 }))
    expect(growthOfTables(grown, 400)).toBe(0)
  })
})
