/**
 * A pool of scratch objects: what is released is kept for the next taker.
 *
 * Looks like a leak: objects made inside the iteration go into a list that lives as long as the module.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

class Scratch {
  readonly values = new Float64Array(64)
  label = ''
}

class ScratchPool {
  readonly #free: Scratch[] = []

  take(): Scratch {
    return this.#free.pop() ?? new Scratch()
  }

  release(scratch: Scratch): void {
    scratch.label = ''
    scratch.values.fill(0)
    if (this.#free.length < 16) this.#free.push(scratch)
  }
}

const pool = new ScratchPool()

const scenario: Scenario = ({ iteration }) => {
  const taken = Array.from({ length: 1 + (iteration % 20) }, () => pool.take())
  for (const scratch of taken) scratch.label = `step ${iteration}`
  for (const scratch of taken) pool.release(scratch)
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
