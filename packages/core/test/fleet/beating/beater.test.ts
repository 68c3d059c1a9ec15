import { describe, expect, it, onTestFinished } from 'vitest'
import { createMemoryFleetStore } from '../../../src/fleet/drivers/memory/store.ts'
import { createMemoryEventLog } from '../../../src/events/drivers/memory.ts'
import { Fleet } from '../../../src/fleet/fleet.ts'
import { resolveFleetOptions } from '../../../src/fleet/fleet-options.ts'
import type { FleetStore } from '../../../src/fleet/store.ts'
import { until } from '../../support/until.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { intercept, openFleet, refusal } from '../fleets.ts'

function fleetOn(store: FleetStore, leaseTtl: number, beatEvery = leaseTtl / 10): Fleet {
  const fleet = new Fleet(store, createMemoryEventLog(), resolveFleetOptions({ leaseTtl, beatEvery }))
  onTestFinished(() => fleet.close())
  return fleet
}

describe('beats', () => {
  it('go out in one batch for all agents of a process, and never overlap', async () => {
    const real = createMemoryFleetStore()
    const batches: number[] = []
    let running = 0
    let most = 0
    const store = intercept(real, 'beat', async (beats, options) => {
      most = Math.max(most, ++running)
      batches.push(beats.length)
      await new Promise(done => setTimeout(done, 30)) // longer than the interval between beats
      running--
      return real.beat(beats, options)
    })
    const fleet = fleetOn(store, 3_600_000, 10)
    const agents = await Promise.all(Array.from({ length: 10 }, (_, index) => fleet.register({ id: `a-${index}` })))
    await until(() => batches.filter(size => size === 10).length >= 3)
    expect(most).toBe(1)
    for (const agent of agents) await agent.assertAlive()
  })

  it('go out at once for an agent that joins others', async () => {
    const fleet = fleetOn(createMemoryFleetStore(), 3_600_000)
    for (const id of ['first', 'second']) {
      const agent = await fleet.register({ id })
      await until(() => agent.phase === 'alive')
    }
  })

  it('are tried again while the store is away, well before the lease ends', async () => {
    const real = createMemoryFleetStore()
    let away = true
    let tries = 0
    const store = intercept(real, 'beat', async (beats, options) => {
      tries++
      if (away) throw new Error('The store is away.')
      return real.beat(beats, options)
    })
    const fleet = fleetOn(store, 3_600_000)
    const agent = await fleet.register({ id: 'a' })
    agent.progress()
    await until(() => tries >= 3)
    expect(agent.phase).toBe('starting')
    away = false
    await until(() => agent.phase === 'alive')
    expect((await fleet.get('a'))?.progressAt).not.toBeNull()
  })

  it('never overlap when the process stood still, and the store does not answer', async () => {
    const real = createMemoryFleetStore()
    let running = 0
    let most = 0
    let hangs = false
    const store = intercept(real, 'beat', async (beats, options) => {
      most = Math.max(most, ++running)
      await new Promise(done => setTimeout(done, hangs ? 300 : 0))
      running--
      return real.beat(beats, options)
    })
    const clock = new ManualClock()
    const settings = resolveFleetOptions({ clock, leaseTtl: 3_600_000, beatEvery: 10 })
    const fleet = new Fleet(store, createMemoryEventLog(), settings)
    onTestFinished(() => fleet.close())
    const agent = await fleet.register({ id: 'a' })
    await until(() => agent.phase === 'alive')
    hangs = true
    for (let times = 0; times < 3; times++) {
      clock.advance(60_000)
      await until(() => running > 0)
      await until(() => running === 0)
    }
    expect(most).toBe(1)
  })

  it('excuse an agent that promised progress for the time in which its process stood still', async () => {
    const clock = new ManualClock()
    const fleet = await openFleet('memory', { clock, beatEvery: 10 })
    await fleet.register({ id: 'promised', progressTimeout: 60_000 })
    await fleet.register({ id: 'free' })
    clock.advance(240_000)
    await until(async () => (await fleet.get('promised'))?.progressAt === (await fleet.now()))
    expect((await fleet.get('free'))?.progressAt).toBeNull()
  })

  it('that hang end in a fence, and an answer that comes later changes nothing', async () => {
    const real = createMemoryFleetStore()
    const waiting: (() => void)[] = []
    const store = intercept(real, 'beat', async (beats, options) => {
      await new Promise<void>(answer => waiting.push(answer))
      return real.beat(beats, options)
    })
    const fleet = fleetOn(store, 200)
    const agent = await fleet.register({ id: 'a' })
    await until(() => agent.phase === 'fenced')
    for (const answer of waiting) answer()
    await new Promise(setImmediate)
    expect(agent.phase).toBe('fenced')
    expect(await refusal(() => agent.assertAlive())).toBe('FENCED')
  })
})
