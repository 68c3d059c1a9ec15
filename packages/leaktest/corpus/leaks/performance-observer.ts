/** Each run observes what is measured for its report, and never disconnects: the process keeps every observer. */
import { PerformanceObserver } from 'node:perf_hooks'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['TimingReport'], retainer: 'PerformanceObserver' }

class TimingReport {
  readonly #observer: PerformanceObserver
  timings = 0

  constructor() {
    this.#observer = new PerformanceObserver(list => (this.timings += list.getEntries().length)) // leaks here
    this.#observer.observe({ entryTypes: ['measure'] }) // leaks here
  }

  summary(): string {
    return `${this.timings + this.#observer.takeRecords().length} timings`
  }
}

const scenario: Scenario = () => new TimingReport().summary()

export default scenario
