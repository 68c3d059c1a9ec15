/**
 * A subscriber that adds a listener to a bus which lives for ever, and removes it.
 *
 * Looks like a leak to whoever counts `on` in the source: the bus outlives every subscriber.
 */
import { EventEmitter } from 'node:events'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const bus = new EventEmitter()

function collect(during: () => void): readonly string[] {
  const messages: string[] = []
  const listener = (message: string): void => void messages.push(message)
  bus.on('message', listener)
  try {
    during()
    return messages
  } finally {
    bus.off('message', listener)
  }
}

const scenario: Scenario = ({ iteration }) => collect(() => bus.emit('message', `message ${iteration}`))

export default scenario
export const expected: Expected = { verdict: 'clean' }
