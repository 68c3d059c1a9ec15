/**
 * A cache is meant to hold 100 entries. It evicts by the key as it was given, but files by the key in lower case, so the oldest
 * entry is never found.
 */
import { randomUUID } from 'node:crypto'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['set'], retainer: 'entries' }

class RecentFiles {
  readonly #entries = new Map<string, { readonly openedAt: number }>()
  readonly #order: string[] = []

  set(path: string): void {
    this.#entries.set(path.toLowerCase(), { openedAt: Date.now() }) // leaks here
    this.#order.push(path)
    if (this.#order.length > 100) this.#entries.delete(this.#order.shift() ?? '')
  }
}

const recent = new RecentFiles()

const scenario: Scenario = () => recent.set(`Notes/${randomUUID()}.md`)

export default scenario
