/** The ids of sessions that have ended are remembered, so that a late message is not taken for a new session; no id is ever dropped. */
import { randomUUID } from 'node:crypto'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['open'], retainer: 'ended' }

class Sessions {
  readonly #open = new Set<string>()
  readonly #ended = new Set<string>()

  open(): string {
    const id = `session-${randomUUID()}` // leaks here
    this.#open.add(id)
    return id
  }

  end(id: string): void {
    this.#open.delete(id)
    this.#ended.add(id) // leaks here
  }
}

const sessions = new Sessions()

const scenario: Scenario = () => sessions.end(sessions.open())

export default scenario
