/** A pure function is memoized by its arguments without a limit, and the arguments are what the user typed. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['memoized', 'tokenize'], retainer: 'results' }

function memoize<A extends readonly unknown[], R>(compute: (...input: A) => R): (...input: A) => R {
  const results = new Map<string, R>()
  return function memoized(...input) {
    const key = JSON.stringify(input) // leaks here
    const known = results.get(key)
    if (known !== undefined) return known
    const result = compute(...input)
    results.set(key, result)
    return result
  }
}

const tokens = memoize(function tokenize(text: string) {
  return text.split(' ') // leaks here
})

let typed = 0
const scenario: Scenario = () => tokens(`please fix bug ${typed++}`).length

export default scenario
