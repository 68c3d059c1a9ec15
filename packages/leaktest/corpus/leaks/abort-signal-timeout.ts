/**
 * A call is given ten minutes by a time-out signal, ends after microseconds, and leaves its listener on the signal: signal,
 * listener and timer stay until the ten minutes are over. The timer is not ref'd, so no list of active handles shows it.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = {
  verdict: 'leak',
  site: ['withDeadline'],
  retainer: 'listeners',
  counter: 'listeners',
}

const TEN_MINUTES = 600_000

async function withDeadline(ask: (signal: AbortSignal) => Promise<string>): Promise<string> {
  const deadline = AbortSignal.timeout(TEN_MINUTES) // leaks here
  let late = false
  deadline.addEventListener('abort', () => (late = true)) // leaks here
  const answer = await ask(deadline)
  return late ? `${answer} (late)` : answer
}

const scenario: Scenario = () => withDeadline(async () => 'forty-two')

export default scenario
