/**
 * A cache whose entries live for 150 ms and are swept by the next call, not by a timer.
 *
 * Looks like a leak: thousands of entries may be there after a burst, and when the calls end, the rest stays unswept. How
 * many that is depends on the machine's speed, so no bound is expected.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Token {
  readonly value: string
  readonly expires: number
}

const LIFETIME = 150
const tokens = new Map<number, Token>()

function sweep(now: number): void {
  for (const [user, token] of tokens) {
    if (token.expires > now) return
    tokens.delete(user)
  }
}

const scenario: Scenario = async ({ iteration }) => {
  const now = performance.now()
  sweep(now)
  tokens.set(iteration, { value: `token-${iteration}`, expires: now + LIFETIME })
  await turn()
}

export default scenario
export const expected: Expected = { verdict: 'bounded' }
