/**
 * Hot arithmetic over objects of many shapes, which has V8 compile, give up and compile again.
 *
 * Looks like a leak: feedback, hidden classes and code are allocated for hundreds of iterations, none by a line of the program.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

type Shape = Readonly<Record<string, number>>

const names = ['width', 'height', 'depth', 'radius', 'angle', 'offset']

function makeShape(seed: number): Shape {
  const shape: Record<string, number> = {}
  for (let index = 0; index < names.length; index++) {
    const name = names[(seed + index * (1 + (seed % 5))) % names.length]
    if (name !== undefined) shape[name] = seed % 2 === 0 ? index : index + 0.5
  }
  return shape
}

function measure(shape: Shape): number {
  let sum = 0
  for (const name in shape) sum += shape[name] ?? 0
  return sum + (shape.width ?? 1) * (shape.height ?? 1)
}

const scenario: Scenario = ({ iteration }) => {
  let total = 0
  for (let index = 0; index < 100; index++) total += measure(makeShape(iteration + index))
  return total
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
