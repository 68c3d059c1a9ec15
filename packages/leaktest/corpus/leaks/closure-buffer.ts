/**
 * Two functions are made in one call. The one that is kept uses only the name, but both share one context, so what the other
 * one uses, the picture, is kept as well.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['attach'], retainer: 'labels', counter: 'buffers' }

const labels: (() => string)[] = []

function attach(name: string): number {
  const picture = new Uint8Array(4_096).fill(255) // leaks here
  const size = (): number => picture.byteLength
  labels.push(() => `Picture ${name}`) // leaks here
  return size()
}

const scenario: Scenario = () => attach('screenshot.png')

export const options = { iterations: 2_400 }

export default scenario
