/** Subscriptions are filed under topic and id, and looked for under the id alone when they end: none is ever found. */
import { randomUUID } from 'node:crypto'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['subscribe'], retainer: 'handlers' }

class Topics {
  readonly #handlers = new Map<string, (message: string) => void>()

  subscribe(topic: string, id: string, handler: (message: string) => void): () => void {
    this.#handlers.set(`${topic}/${id}`, message => handler(message.trim())) // leaks here
    return () => void this.#handlers.delete(id)
  }
}

const topics = new Topics()

const scenario: Scenario = () => {
  let last = ''
  const unsubscribe = topics.subscribe('agent.note', randomUUID(), message => (last = message))
  unsubscribe()
  return last
}

export default scenario
