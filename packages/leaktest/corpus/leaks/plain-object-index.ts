/** An object serves as the index of running jobs. A job that ends is set to undefined, but its key stays, and each key is new. */
import { randomUUID } from 'node:crypto'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['start', 'runJob'], retainer: 'jobs' }

interface Job {
  readonly startedAt: number
}

class JobIndex {
  readonly #jobs: Record<string, Job | undefined> = {}

  start(id: string): void {
    this.#jobs[id] = { startedAt: Date.now() } // leaks here
  }

  end(id: string): void {
    this.#jobs[id] = undefined
  }
}

const index = new JobIndex()

function runJob(): void {
  const id = `job-${randomUUID()}` // leaks here
  index.start(id)
  index.end(id)
}

const scenario: Scenario = () => runJob()

export default scenario
