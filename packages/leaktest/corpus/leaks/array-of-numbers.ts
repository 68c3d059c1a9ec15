/**
 * How long each call took is kept for the percentiles, from the start of the program on. An array of numbers makes no object
 * per entry: only its own growth shows.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['observe'], retainer: 'samples' }

class Latency {
  readonly #samples: number[] = []

  observe(startedAt: number, endedAt: number): void {
    this.#samples.push(startedAt, endedAt, endedAt - startedAt) // leaks here
  }

  get count(): number {
    return this.#samples.length / 3
  }
}

const latency = new Latency()

function timed<T>(work: () => T): T {
  const startedAt = performance.now()
  const result = work()
  latency.observe(startedAt, performance.now())
  return result
}

const scenario: Scenario = () => timed(() => latency.count)

export default scenario
