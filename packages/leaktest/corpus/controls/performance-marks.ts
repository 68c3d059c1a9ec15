/**
 * Steps are measured by marks of the performance timeline, which are cleared afterwards.
 *
 * Looks like a leak: marks and measures stay in a buffer of the process until somebody clears them, by name.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

function timed<T>(name: string, work: () => T): { result: T; milliseconds: number } {
  performance.mark(name)
  const result = work()
  const { duration } = performance.measure(name, name)
  performance.clearMarks(name)
  performance.clearMeasures(name)
  return { result, milliseconds: duration }
}

const scenario: Scenario = ({ iteration }) =>
  timed(`step ${iteration}`, () => iteration.toString(2).length).milliseconds

export default scenario
export const expected: Expected = { verdict: 'clean' }
