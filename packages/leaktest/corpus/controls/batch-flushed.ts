/**
 * Changes are gathered in a map and a set, and flushed by the hundred.
 *
 * Looks like a leak: both grow for 100 iterations, and are rarely empty. What is there when a test ends depends on where in
 * the hundred it ended, so a report may call it bounded or clean, and no bound is expected.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Change {
  readonly path: string
  readonly size: number
}

const pending = new Map<string, Change>()
const folders = new Set<string>()
let flushed = 0

function record(change: Change): void {
  pending.set(change.path, change)
  folders.add(change.path.slice(0, change.path.lastIndexOf('/')))
  if (pending.size < 100) return
  flushed += pending.size
  pending.clear()
  folders.clear()
}

const scenario: Scenario = ({ iteration }) => {
  record({ path: `src/part-${iteration}/index.ts`, size: iteration })
  return flushed
}

export default scenario
export const expected: Expected = { verdict: 'bounded' }
