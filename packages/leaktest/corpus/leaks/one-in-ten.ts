/** One call in ten fails, at random, and the path of failures does not give back its place in the list of running calls. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['call'], retainer: 'running' }

class RunningCalls {
  readonly #running = new Set<{ readonly tool: string; readonly startedAt: number }>()

  call(tool: string, fails: boolean): string {
    const entry = { tool, startedAt: performance.now() } // leaks here
    this.#running.add(entry)
    if (fails) return 'failed'
    this.#running.delete(entry)
    return 'ok'
  }
}

const calls = new RunningCalls()

const scenario: Scenario = ({ random }) => calls.call('search', random() < 0.1)

export default scenario
