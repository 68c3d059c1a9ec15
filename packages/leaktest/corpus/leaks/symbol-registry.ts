/** Each agent has a key of its own in the global registry of symbols, from which nothing can be taken. */
import { randomUUID } from 'node:crypto'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['tag'], retainer: 'symbol' }

class Tagged {
  tag(agent: string): symbol {
    const key = Symbol.for(`agent:${agent}`) // leaks here
    Reflect.set(this, key, true)
    return key
  }
}

const scenario: Scenario = () => new Tagged().tag(randomUUID())

export default scenario
