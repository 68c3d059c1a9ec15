/**
 * Listeners added by `once` to a ticker that lives for ever; each is gone when the event came.
 *
 * Looks like a leak: when an iteration has returned, its listener and wrapper are still on the ticker.
 */
import { EventEmitter } from 'node:events'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const ticker = new EventEmitter().setMaxListeners(0)
let ticking = false

function tickSoon(): void {
  if (ticking) return
  ticking = true
  setImmediate(() => {
    ticking = false
    ticker.emit('tick')
  })
}

const scenario: Scenario = ({ iteration }) => {
  const order = { id: iteration, done: false }
  ticker.once('tick', () => (order.done = true))
  tickSoon()
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
