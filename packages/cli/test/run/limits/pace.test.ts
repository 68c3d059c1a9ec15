import { expect, it } from 'vitest'
import { nextLook } from '../../../src/run/limits/pace.ts'

const MiB = 1_024 ** 2
const GiB = 1_024 ** 3

it('looks seldom at a tree that is far from its limits, and often at one that is near', () => {
  const limits = { memory: 4 * GiB, processes: 1_000 }
  const at = (memory: number, processes: number): number => nextLook({ memory, processes }, limits, 0)
  expect(at(100 * MiB, 10)).toBe(250)
  expect(at(3.5 * GiB, 10)).toBeCloseTo(125)
  expect(at(100 * MiB, 900)).toBe(100)
  expect(at(4 * GiB, 10)).toBe(20)
  expect(at(100 * MiB, 2_000)).toBe(20)
})

it('looks before a limit can be passed by more than a quarter of a second of growth', () => {
  const limits = { memory: 100 * MiB }
  expect(nextLook({ memory: 50 * MiB, processes: 1 }, limits, 0)).toBe(20)
})

it('looks less often where a look is expensive, but never more seldom than four times a second', () => {
  const limits = { processes: 10 }
  expect(nextLook({ memory: 0, processes: 9 }, limits, 5)).toBe(50)
  expect(nextLook({ memory: 0, processes: 9 }, limits, 1_000)).toBe(250)
})
