/**
 * A time limit of 20 ms on a call that takes none: AbortSignal.timeout() can't be cancelled, so it runs out by itself.
 *
 * Looks like a leak: timer, signal and listener live for 20 ms after the call has ended.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Lookup {
  readonly name: string
  expired: boolean
}

async function lookUp(name: string, signal: AbortSignal): Promise<Lookup> {
  signal.throwIfAborted()
  const lookup: Lookup = { name, expired: false }
  signal.addEventListener('abort', () => (lookup.expired = true), { once: true })
  return lookup
}

const scenario: Scenario = async ({ iteration }) => {
  await lookUp(`host-${iteration}`, AbortSignal.timeout(20))
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
