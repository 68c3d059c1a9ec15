/**
 * Work cut into ten slices, one per turn of the event loop, which nobody waits for.
 *
 * Looks like a leak: when an iteration returns, its job has just begun, and hundreds of jobs may be under way.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Job {
  readonly name: string
  slices: number
}

function proceed(job: Job): void {
  job.slices--
  if (job.slices > 0) setImmediate(proceed, job)
}

const scenario: Scenario = ({ iteration }) => {
  setImmediate(proceed, { name: `job ${iteration}`, slices: 10 })
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
