/** Entries live for a millisecond, but only reading one looks whether it is over; tokens are read once at most. */
import { randomUUID } from 'node:crypto'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['issue'], retainer: 'tokens' }

const LIFETIME = 1

class Tokens {
  readonly #tokens = new Map<string, { readonly agent: string; readonly until: number }>()

  issue(agent: string): string {
    const token = `token-${randomUUID()}` // leaks here
    this.#tokens.set(token, { agent, until: performance.now() + LIFETIME }) // leaks here
    return token
  }

  check(token: string): string | undefined {
    const entry = this.#tokens.get(token)
    if (entry === undefined || entry.until > performance.now()) return entry?.agent
    this.#tokens.delete(token)
    return undefined
  }
}

const tokens = new Tokens()

const scenario: Scenario = () => tokens.check(tokens.issue('coder-1'))

export default scenario
