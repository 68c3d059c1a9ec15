/**
 * Ids out of a fixed set of 1,000 are interned, so that equal ones are the same object.
 *
 * Looks like a leak: each of the first 1,000 iterations meets an id that was not there before.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

class TenantId {
  static readonly #known = new Map<string, TenantId>()
  readonly text: string

  private constructor(text: string) {
    this.text = text
  }

  static of(text: string): TenantId {
    const known = TenantId.#known.get(text)
    if (known !== undefined) return known
    const made = new TenantId(text)
    TenantId.#known.set(text, made)
    return made
  }
}

const scenario: Scenario = ({ iteration }) => TenantId.of(`tenant-${iteration % 1_000}`)

export default scenario
export const expected: Expected = { verdict: 'clean' }
