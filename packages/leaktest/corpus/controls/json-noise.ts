/**
 * A large document is parsed, changed and written, and nothing of it kept.
 *
 * Looks like a leak to whoever compares two readings of the heap: each iteration makes some 200 KB of garbage, and how much
 * of it is collected when is the collector's affair.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

interface Order {
  readonly id: number
  readonly lines: { readonly product: string; readonly quantity: number }[]
}

const text = JSON.stringify(
  Array.from({ length: 100 }, (_, id) => ({
    id,
    lines: Array.from({ length: 5 }, (__, line) => ({ product: `product-${line}`, quantity: line + 1 })),
  })),
)

const scenario: Scenario = ({ iteration }) => {
  const orders: Order[] = JSON.parse(text)
  for (const order of orders) order.lines.push({ product: 'gift', quantity: iteration })
  return JSON.stringify(orders).length
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
