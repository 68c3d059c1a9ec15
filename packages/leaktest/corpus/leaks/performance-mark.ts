/** Each step is marked and measured on the timeline of the process, which keeps all entries until they are cleared. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['measureStep'], retainer: 'Performance' }

function measureStep<T>(name: string, step: () => T): T {
  const start = performance.mark(`${name}:start`) // leaks here
  const result = step()
  performance.measure(name, { start: start.startTime }) // leaks here
  return result
}

const scenario: Scenario = () => measureStep('plan', () => ['read', 'edit', 'test'].length)

export const close = (): void => {
  performance.clearMarks()
  performance.clearMeasures()
}

export default scenario
