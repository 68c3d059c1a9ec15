import { expect, it } from 'vitest'
import { LoopPulse } from '../../../src/fleet/beating/loop-pulse.ts'

const TICK = 100

it('tells nothing of a loop that ticks in time, or not at all', () => {
  const pulse = new LoopPulse()
  expect([pulse.overdue(5_000), pulse.take(5_000)]).toEqual([0, 0])
  for (let now = 0; now <= 1_000; now += TICK) expect(pulse.tick(now, TICK)).toBe(0)
  expect(pulse.take(1_050)).toBe(0)
  pulse.rest()
  expect(pulse.take(99_000)).toBe(0)
  expect(pulse.tick(99_000, TICK)).toBe(0)
})

it('tells the worst delay since it was asked', () => {
  const pulse = new LoopPulse()
  pulse.tick(1_000, TICK)
  expect(pulse.tick(1_130, TICK)).toBe(30)
  expect(pulse.tick(1_430, TICK)).toBe(200)
  expect(pulse.tick(1_540, TICK)).toBe(10)
  expect(pulse.take(1_600)).toBe(200)
  expect(pulse.take(1_600)).toBe(0)
})

it('tells of a delay while it lasts, from another thread too, and afterwards only what was not told', () => {
  const pulse = new LoopPulse()
  const other = new LoopPulse(pulse.buffer)
  pulse.tick(1_000, TICK)
  expect(other.overdue(1_600)).toBe(500)
  expect(other.take(1_600)).toBe(500)
  expect(other.take(1_900)).toBe(800)
  expect(pulse.tick(1_950, TICK)).toBe(850)
  expect(other.take(1_960)).toBe(50)
  expect(other.take(1_960)).toBe(0)
})

it('tells a delay that begins as another one is told', () => {
  const pulse = new LoopPulse()
  pulse.tick(1_000, TICK)
  expect(pulse.take(1_105)).toBe(5)
  expect(pulse.tick(3_100, TICK)).toBe(2_000)
  expect(pulse.take(3_110)).toBe(1_995)
})
