/**
 * A time-out of a minute and an interval guard each call, and are cleared when it has ended.
 *
 * Looks like a leak: no timer of them ever fires, and a minute is longer than any test.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

async function guarded(name: string, work: () => Promise<void>): Promise<number> {
  let beats = 0
  const beat = setInterval(() => beats++, 1_000)
  const limit = setTimeout(() => process.emitWarning(`${name} takes long.`), 60_000)
  try {
    await work()
    return beats
  } finally {
    clearTimeout(limit)
    clearInterval(beat)
  }
}

const scenario: Scenario = ({ iteration }) => guarded(`call ${iteration}`, () => turn())

export default scenario
export const expected: Expected = { verdict: 'clean' }
