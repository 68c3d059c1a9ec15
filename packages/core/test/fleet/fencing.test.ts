import { describe, expect, it, onTestFinished } from 'vitest'
import { createMemoryEventLog } from '../../src/events/drivers/memory.ts'
import { createMemoryFleetStore } from '../../src/fleet/drivers/memory/store.ts'
import { openSqliteFleetStore } from '../../src/fleet/drivers/sqlite/store.ts'
import { Fleet } from '../../src/fleet/fleet.ts'
import { resolveFleetOptions, type FleetOptions } from '../../src/fleet/fleet-options.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { until } from '../support/until.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { intercept, openFleet, openUrl, quickCoordinator, refusal, STORES, type StoreName, WRITES } from './fleets.ts'

/** A fleet whose beats fail from some moment on; everything else goes on. */
async function openFailing(name: StoreName, options: FleetOptions): Promise<{ fleet: Fleet; fail: () => void }> {
  const { clock } = options
  const real =
    name === 'memory'
      ? createMemoryFleetStore({ ...(clock && { clock }) })
      : await openSqliteFleetStore({ directory: temporaryFolder(), ...(clock && { clock }) })
  let away = false
  const store = intercept(real, 'beat', async (beats, call) => {
    if (away) throw new Error('The store is away.')
    return real.beat(beats, call)
  })
  const fleet = new Fleet(store, createMemoryEventLog(), resolveFleetOptions(options))
  onTestFinished(() => fleet.close())
  return { fleet, fail: () => void (away = true) }
}

describe.each(STORES)('fencing on %s', store => {
  it('ends an agent of which no beat was acknowledged for too long, whatever the store thinks', async () => {
    const clock = new ManualClock()
    const { fleet, fail } = await openFailing(store, { clock, beatEvery: 10 })
    const agent = await fleet.register({ id: 'a' })
    await until(() => agent.phase === 'alive')

    clock.setWall(3_600_000) // a wall clock that jumps is no silence
    await agent.assertAlive()

    fail()
    clock.advance(90_001)
    await agent.assertAlive() // the event loop stood still: the store is asked, and has some time to answer
    clock.advance(11)
    // The store's lease of 120 s still stands; no timer of this process need have run.
    for (const [name, write] of Object.entries(WRITES)) {
      expect([name, await refusal(() => write(agent))]).toEqual([name, 'FENCED'])
    }
    expect(agent.phase).toBe('fenced')
    expect(agent.signal.reason).toMatchObject({ code: 'FENCED' })
  })

  it('ends it by a timer as well, when the agent itself does nothing', async () => {
    const clock = new ManualClock()
    const { fleet, fail } = await openFailing(store, { clock, leaseTtl: 400, beatEvery: 20, fenceAfter: 200 })
    const agent = await fleet.register({ id: 'a' })
    await until(() => agent.phase === 'alive')
    fail()
    clock.advance(201)
    await until(() => {
      clock.advance(21)
      return agent.signal.aborted
    })
    expect(agent.signal.reason).toMatchObject({ code: 'FENCED' })
    // Fenced is final, although the store would still accept a beat.
    expect(await fleet.get('a')).toMatchObject({ phase: 'alive' })
    expect(await refusal(() => agent.assertAlive())).toBe('FENCED')
    expect(await agent.release()).toEqual({ released: 0, kept: [] })
  })

  it('leaves an agent alive whose process stood still, as long as the store has not ended its lease', async () => {
    const clock = new ManualClock()
    const fleet = await openFleet(store, { clock, beatEvery: 10 })
    const agent = await fleet.register({ id: 'a' })
    await until(() => agent.phase === 'alive')
    for (let leases = 0; leases < 3; leases++) {
      const before = (await fleet.get('a'))?.lastBeat ?? 0
      clock.advance(240_000)
      await agent.assertAlive()
      await until(async () => ((await fleet.get('a'))?.lastBeat ?? 0) > before)
    }
    expect([agent.phase, agent.signal.aborted]).toEqual(['alive', false])
  })

  it('does not fence an agent that was released: nobody beats for it', async () => {
    const clock = new ManualClock()
    const fleet = await openFleet(store, { clock })
    const agent = await fleet.register({ id: 'a' })
    await agent.release()
    clock.advance(90_001)
    expect(await refusal(() => agent.assertAlive())).toBe('FENCED')
    expect([agent.phase, agent.signal.aborted]).toEqual(['released', false])
  })

  it('keeps an agent whose beats are acknowledged for as long as it likes', async () => {
    const clock = new ManualClock()
    const fleet = await openFleet(store, { clock, beatEvery: 5 })
    const agent = await fleet.register({ id: 'a' })
    for (let beats = 0; beats < 10; beats++) {
      const before = (await fleet.get('a'))?.lastBeat ?? 0
      clock.advance(60_000)
      await until(async () => ((await fleet.get('a'))?.lastBeat ?? 0) > before)
    }
    await agent.assertAlive()
  })
})

it('refuses every write once a coordinator of another process’s connection has claimed the lease', async () => {
  const url = `sqlite:${temporaryFolder()}`
  // For the agent no time passes, as for a process under SIGSTOP: only the store can tell it.
  const fleet = await openUrl(url, { clock: new ManualClock() })
  const agent = await fleet.register({ id: 'a' })
  await agent.setKey('mine', 'before')
  const later = new ManualClock()
  later.advance(120_000)
  const other = await openUrl(url, { clock: later })
  const { orphans } = await quickCoordinator(other).sweep()
  expect(orphans).toMatchObject([{ agentId: 'a', epoch: agent.epoch, status: 'cleaned' }])

  for (const [name, write] of Object.entries(WRITES)) {
    expect([name, await refusal(() => write(agent))]).toEqual([name, 'FENCED'])
  }
  expect(agent.signal.reason).toMatchObject({ code: 'FENCED' })
  expect(await other.get('a')).toBeNull()
  expect(await other.getKey('mine')).toBeNull()

  const again = await fleet.register({ id: 'a' })
  expect(Number(again.epoch)).toBeGreaterThan(Number(agent.epoch))
  expect(await refusal(() => agent.assertAlive())).toBe('FENCED')
})

it('tells an agent of another process’s stop soon, not only with its next beat', async () => {
  const url = `sqlite:${temporaryFolder()}`
  const fleet = await openUrl(url)
  const [asked, other] = [await fleet.register({ id: 'asked' }), await fleet.register({ id: 'other' })]
  await until(() => asked.phase === 'alive')
  const elsewhere = await openUrl(url)
  expect(await elsewhere.requestStop('asked')).toBe(true)
  await until(() => asked.signal.aborted)
  expect(asked.signal.reason).toMatchObject({ code: 'STOP_REQUESTED' })
  expect(other.signal.aborted).toBe(false)
})
