import { describe, expect, it } from 'vitest'
import { birthsOf, patternOf, type Births } from '../src/births.ts'

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}

const EACH = Array.from({ length: 12 }, () => 20)

it.each<[pattern: string, what: string, survivors: readonly number[]]>([
  ['leak', 'something of each batch', EACH],
  ['leak', 'one now and then', [0, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 0]],
  ['suspicious', 'too few to tell', [0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0]],
  ['none', 'what the first batch filled', [900, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['none', 'what is in flight at the end', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 40]],
  ['none', 'a table that grew once', [0, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['waning', 'a fixed set that was filled', [200, 180, 120, 60, 30, 10, 0, 0, 0, 0, 0, 0]],
])('is %s: %s', (pattern, _, survivors) => {
  expect(patternOf(survivors, () => 0).pattern).toBe(pattern)
})

it.each([
  ['a cache that evicts early', [0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 60, 60]],
  ['a cache that has only begun to evict', [0, 0, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20]],
])('is bounded: %s', (_, survivors) => {
  expect(patternOf(survivors, () => 500)).toEqual({ pattern: 'bounded', bound: 500 })
})

it('says nothing of a bound that is small', () => {
  expect(patternOf([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5], () => 5).pattern).toBe('none')
})

const frame = { function: 'remember', url: 'file:///cache.ts', scriptId: '7', line: 1, column: 1 }

/** What one site has left, by the slices of which there are 960. */
function bornIn(slices: readonly number[]): Births | undefined {
  return birthsOf([{ stack: [frame], slices, bytes: slices.map(() => 32), objects: slices.map(() => 1) }], 9_600)[0]
}

describe('the bound', () => {
  it('is the age of the oldest, when the newest of all ages are held', () => {
    const births = bornIn(range(800, 960))
    expect(births?.pattern).toBe('bounded')
    expect(births?.bound).toBeCloseTo(1_600, -2)
  })

  it('is none of a table, all of which was made at once, whatever has strayed', () => {
    expect(bornIn([200, 201, ...Array.from({ length: 60 }, () => 800)])?.pattern).toBe('none')
  })

  it('is none of what was held once, and is not any more', () => {
    expect(bornIn(range(600, 760))?.pattern).toBe('none')
  })

  it('is that of the rest where one has strayed', () => {
    expect(bornIn([130, ...range(930, 960)])?.bound).toBeCloseTo(300, -2)
  })

  it('is none of what may still be there because the test was short', () => {
    expect(bornIn([...range(90, 130), ...range(560, 960)])?.pattern).toBe('none')
  })
})
