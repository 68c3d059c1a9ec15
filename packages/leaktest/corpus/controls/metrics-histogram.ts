/**
 * A histogram per route, with a fixed set of routes and buckets.
 *
 * Looks like a leak: a registry that lives for ever is written to by every iteration, under a key made anew each time.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const BOUNDS = [1, 5, 10, 50, 100, 500, 1_000]

class Histogram {
  readonly #counts = new Float64Array(BOUNDS.length + 1)
  readonly #sum = new Float64Array(1)

  observe(milliseconds: number): void {
    const bucket = BOUNDS.findIndex(bound => milliseconds <= bound)
    const at = bucket < 0 ? BOUNDS.length : bucket
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
    this.#sum[0] = (this.#sum[0] ?? 0) + milliseconds
  }
}

const registry = new Map<string, Histogram>()

function observe(method: string, status: number, milliseconds: number): void {
  const key = `${method} ${status}`
  const histogram = registry.get(key) ?? new Histogram()
  registry.set(key, histogram)
  histogram.observe(milliseconds)
}

const scenario: Scenario = ({ iteration, random }) => {
  observe(iteration % 3 === 0 ? 'POST' : 'GET', iteration % 10 === 0 ? 404 : 200, random() * 2_000)
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
