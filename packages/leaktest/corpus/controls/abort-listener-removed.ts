/**
 * Each call listens to the abort signal of the whole program, and stops listening when it is done.
 *
 * Looks like the best known leak of all: `addEventListener('abort', …)` on a signal that never aborts.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const shutdown = new AbortController()

async function withCancel<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { promise: cancelled, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work(), cancelled])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

const scenario: Scenario = ({ iteration }) =>
  withCancel(shutdown.signal, async () => {
    await turn()
    return iteration
  })

export default scenario
export const expected: Expected = { verdict: 'clean' }
