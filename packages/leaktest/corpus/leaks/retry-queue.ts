/**
 * Deliveries that failed are queued to be sent again when the connection is back. The one who drains the queue waits for a
 * `reconnect` that never comes: the connection was never lost, the receiver only said no.
 */
import { EventEmitter } from 'node:events'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['deliver', 'notify'], retainer: 'retries' }

class Outbox {
  readonly #retries: { readonly message: object; attempts: number }[] = []

  constructor(connection: EventEmitter) {
    connection.on('reconnect', () => this.#retries.splice(0).forEach(({ message }) => this.deliver(message)))
  }

  deliver(message: object): boolean {
    const accepted = 'urgent' in message
    if (!accepted) this.#retries.push({ message, attempts: 1 }) // leaks here
    return accepted
  }
}

const outbox = new Outbox(new EventEmitter())

function notify(agent: string): boolean {
  return outbox.deliver({ agent, type: 'agent.note' }) // leaks here
}

const scenario: Scenario = () => notify('coder-1')

export default scenario
