import { expect, it } from 'vitest'
import { patternOf } from '../src/births.ts'

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
