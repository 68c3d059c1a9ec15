/**
 * A memoised function that keeps the last 5,000 results, the newest use last.
 *
 * Looks like a leak: for 5,000 iterations it grows by one result each, and only then stands still.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Quote {
  readonly product: number
  readonly cents: number
}

function memoise<V>(compute: (key: number) => V, capacity: number): (key: number) => V {
  const results = new Map<number, V>()
  return key => {
    const known = results.get(key)
    const result = known ?? compute(key)
    if (known !== undefined) results.delete(key)
    results.set(key, result)
    if (results.size > capacity) {
      const [oldest] = results.keys()
      if (oldest !== undefined) results.delete(oldest)
    }
    return result
  }
}

const quote = memoise<Quote>(product => ({ product, cents: (product * 7_919) % 10_000 }), 5_000)

const scenario: Scenario = ({ iteration }) => {
  quote(iteration)
  quote(Math.max(0, iteration - 1))
}

export default scenario
export const expected: Expected = { verdict: 'bounded', bound: 5_000 }
