/**
 * What a call used is kept for another 100 ms, in case somebody asks again; the timer doesn't keep the process alive.
 *
 * Looks like a leak right after the last iteration, and is gone a tenth of a second later.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Upload {
  readonly id: number
  readonly parts: readonly string[]
}

const lingering = new Set<Upload>()

function finish(upload: Upload): void {
  lingering.add(upload)
  setTimeout(() => lingering.delete(upload), 100).unref()
}

const scenario: Scenario = ({ iteration }) => {
  finish({ id: iteration, parts: [`${iteration}.1`, `${iteration}.2`] })
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
