/**
 * Acknowledgements that arrive 50 ms later, all by one timer; nobody waits for them.
 *
 * Looks like a leak: promises with reactions are pending when the iteration has ended, and held by a list.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

type Acknowledge = (at: number) => void

let waiting: Acknowledge[] = []
let scheduled = false

function acknowledged(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  waiting.push(resolve)
  if (!scheduled) setTimeout(acknowledgeAll, 50)
  scheduled = true
  return promise
}

function acknowledgeAll(): void {
  const due = waiting
  waiting = []
  scheduled = false
  for (const acknowledge of due) acknowledge(performance.now())
}

const scenario: Scenario = ({ iteration }) => {
  const message = { id: iteration, latency: 0 }
  const sent = performance.now()
  void acknowledged().then(at => (message.latency = at - sent))
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
