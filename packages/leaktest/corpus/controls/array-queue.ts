/**
 * An array used as a queue: jobs are pushed at one end and shifted off the other, ten behind.
 *
 * Looks like a leak: the array lives for ever and is never empty, and its store is trimmed only by and by.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Job {
  readonly id: number
  readonly attempts: number[]
}

const queue: Job[] = Array.from({ length: 10 }, (_, id) => ({ id: -id, attempts: [] }))

const scenario: Scenario = ({ iteration }) => {
  for (let index = 0; index < 20; index++) queue.push({ id: iteration * 20 + index, attempts: [] })
  let done = 0
  while (queue.length > 10) {
    const job = queue.shift()
    job?.attempts.push(1)
    done++
  }
  return done
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
