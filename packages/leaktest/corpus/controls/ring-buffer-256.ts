/**
 * A ring of the last 256 events, kept for a crash report.
 *
 * Looks like a leak: each event survives every collection for 255 further iterations.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Event {
  readonly at: number
  readonly type: string
  readonly detail: { readonly step: number }
}

class EventRing {
  readonly #events: (Event | undefined)[] = Array.from({ length: 256 }, () => undefined)
  #next = 0

  push(event: Event): void {
    this.#events[this.#next] = event
    this.#next = (this.#next + 1) % this.#events.length
  }
}

const ring = new EventRing()

const scenario: Scenario = ({ iteration }) => {
  ring.push({ at: performance.now(), type: 'step.completed', detail: { step: iteration } })
}

export default scenario
export const expected: Expected = { verdict: 'bounded', bound: 256 }
