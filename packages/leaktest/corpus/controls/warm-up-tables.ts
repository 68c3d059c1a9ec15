/**
 * Rows of a table are made when first asked for; there are 300 of them.
 *
 * Looks like a leak: for 300 iterations each one leaves an object behind, far beyond the usual warm-up.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Row {
  readonly code: number
  readonly name: string
  readonly weights: readonly number[]
}

const rows: (Row | undefined)[] = []

function row(code: number): Row {
  return (rows[code] ??= { code, name: `row ${code}`, weights: [code, code / 2, code / 3] })
}

const scenario: Scenario = ({ iteration }) => {
  const { weights } = row(iteration % 300)
  return weights.reduce((sum, weight) => sum + weight, 0)
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
