/**
 * A poller looks into its inbox and arms the next look itself. Nobody stops a poller whose run is over: as long as it rearms,
 * the timer of the moment keeps it.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = {
  verdict: 'leak',
  site: ['arm', 'watchInbox'],
  retainer: 'Timeout',
  counter: 'timers',
}

const POLL_EVERY = 4_000
const program = { ends: false }

class InboxPoller {
  readonly #inbox: readonly string[]
  looks = 0

  constructor(inbox: readonly string[]) {
    this.#inbox = inbox
    this.#arm()
  }

  #arm(): void {
    setTimeout(() => this.#look(), POLL_EVERY) // leaks here
  }

  #look(): void {
    this.looks += this.#inbox.length + 1
    if (!program.ends) this.#arm()
  }
}

function watchInbox(): number {
  const poller = new InboxPoller([]) // leaks here
  return poller.looks
}

const scenario: Scenario = () => watchInbox()

export const close = (): void => void (program.ends = true)

export default scenario
