/** The ids of events that were seen are kept to drop what comes twice, and kept for ever. Numbers are no objects of their own. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['accept'], retainer: 'seen' }

class EventFilter {
  readonly #seen = new Set<number>()

  accept(id: number): boolean {
    if (this.#seen.has(id)) return false
    this.#seen.add(id) // leaks here
    return true
  }
}

const filter = new EventFilter()
let lastId = 0

const scenario: Scenario = () => {
  lastId += 1
  return [filter.accept(lastId), filter.accept(lastId)]
}

export default scenario
