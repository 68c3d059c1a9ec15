/**
 * Signals joined by AbortSignal.any(), whose sources all end with the call.
 *
 * Looks like a leak: signals made by `any` are known to stay for as long as one of their sources does.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

function runStep(step: number, signal: AbortSignal): number {
  let aborted = 0
  signal.addEventListener('abort', () => (aborted += step), { once: true })
  return aborted
}

const scenario: Scenario = ({ iteration }) => {
  const request = new AbortController()
  const limit = new AbortController()
  const either = AbortSignal.any([request.signal, limit.signal])
  const result = runStep(iteration, either)
  if (iteration % 2 === 0) request.abort()
  return result
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
