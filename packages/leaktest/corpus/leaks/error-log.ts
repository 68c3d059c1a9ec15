/** Failures are kept for a report at the end. Each Error keeps its message and the stack that it was made with. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['parseAnswer', 'attempt'], retainer: 'failures' }

class Report {
  readonly #failures: { readonly at: number; readonly error: unknown }[] = []

  attempt(work: () => unknown): unknown {
    try {
      return work()
    } catch (error) {
      this.#failures.push({ at: Date.now(), error }) // leaks here
      return undefined
    }
  }
}

const report = new Report()

function parseAnswer(text: string): object {
  if (!text.startsWith('{')) throw new SyntaxError(`Not JSON: ${text.slice(0, 20)}`) // leaks here
  return { text }
}

const scenario: Scenario = () => report.attempt(() => parseAnswer('Sure! Here is …'))

export default scenario
