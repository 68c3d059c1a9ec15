/**
 * The last 64 log lines are kept, and no more than one per millisecond is taken.
 *
 * Looks like a leak: lines survive for as long as no newer ones push them out, which takes 64 ms at least. How many
 * iterations that is depends on the machine's speed, so no bound is expected.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Line {
  readonly at: number
  readonly text: string
}

const lines: Line[] = []
let dropped = 0
let last = 0

function log(text: string): void {
  const at = performance.now()
  if (at - last < 1) {
    dropped++
    return
  }
  last = at
  lines.push({ at, text })
  if (lines.length > 64) lines.shift()
}

const scenario: Scenario = ({ iteration }) => {
  log(`iteration ${iteration} began`)
  return dropped
}

export default scenario
export const expected: Expected = { verdict: 'bounded' }
