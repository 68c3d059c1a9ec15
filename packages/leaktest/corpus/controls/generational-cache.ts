/**
 * A cache that is dropped whole whenever it has 1,000 entries: the cheapest eviction there is.
 *
 * Looks like a leak: it grows for 1,000 iterations, and all of it goes at once. Between 0 and 1,000 entries are there when a
 * test ends, so a report may call it bounded or clean, and no bound is expected.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Rule {
  readonly pattern: string
  readonly segments: readonly string[]
}

let compiled = new Map<string, Rule>()

function compile(pattern: string): Rule {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  if (compiled.size >= 1_000) compiled = new Map()
  const rule = { pattern, segments: pattern.split('/') }
  compiled.set(pattern, rule)
  return rule
}

const scenario: Scenario = ({ iteration }) => {
  compile(`src/${iteration}/*.ts`)
  compile(`src/${iteration}/*.ts`)
}

export default scenario
export const expected: Expected = { verdict: 'bounded' }
