/**
 * An LRU cache of 2,000 sessions as a linked list beside a map, as `lru-cache` and others build it.
 *
 * Looks like a leak: entries hold one another by `newer` and `older`, and a test of 1,000 iterations sees no eviction.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Entry {
  readonly key: number
  readonly roles: readonly string[]
  newer: Entry | undefined
  older: Entry | undefined
}

class SessionCache {
  readonly #entries = new Map<number, Entry>()
  #newest: Entry | undefined
  #oldest: Entry | undefined

  add(key: number, roles: readonly string[]): void {
    const entry: Entry = { key, roles, newer: undefined, older: this.#newest }
    if (this.#newest !== undefined) this.#newest.newer = entry
    this.#newest = entry
    this.#oldest ??= entry
    this.#entries.set(key, entry)
    if (this.#entries.size > 2_000) this.#evict(this.#oldest)
  }

  #evict(entry: Entry): void {
    this.#entries.delete(entry.key)
    this.#oldest = entry.newer
    if (this.#oldest !== undefined) this.#oldest.older = undefined
  }
}

const cache = new SessionCache()

const scenario: Scenario = ({ iteration }) => {
  cache.add(iteration, ['reader', `team-${iteration % 7}`])
}

export default scenario
export const expected: Expected = { verdict: 'bounded', bound: 2_000 }
