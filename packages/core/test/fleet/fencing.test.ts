import { describe, expect, it } from 'vitest'
import { ManualClock } from '../support/manual-clock.ts'
import { until } from '../support/until.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { openFleet, openUrl, quickCoordinator, refusal, STORES, WRITES } from './fleets.ts'

describe.each(STORES)('fencing on %s', store => {
  it('ends an agent that was silent for too long by the monotonic clock, without asking the store', async () => {
    const clock = new ManualClock()
    const fleet = await openFleet(store, { clock, beatEvery: 10 })
    const agent = await fleet.register({ id: 'a' })
    await until(() => agent.phase === 'alive')

    clock.setWall(3_600_000) // a wall clock that jumps is no silence
    await agent.assertAlive()

    clock.advance(90_001)
    // The store's lease of 120 s still stands; no timer of this process has run yet.
    for (const [name, write] of Object.entries(WRITES)) {
      expect([name, await refusal(() => write(agent))]).toEqual([name, 'FENCED'])
    }
    expect(agent.phase).toBe('fenced')
    expect(agent.signal.reason).toMatchObject({ code: 'FENCED' })
  })

  it('ends it by a timer as well, when the agent itself does nothing', async () => {
    const clock = new ManualClock()
    const fleet = await openFleet(store, { clock, leaseTtl: 400, beatEvery: 20, fenceAfter: 200 })
    const agent = await fleet.register({ id: 'a' })
    await until(() => agent.phase === 'alive')
    clock.advance(201)
    await until(() => agent.signal.aborted)
    expect(agent.signal.reason).toMatchObject({ code: 'FENCED' })
    // Fenced is final, although the store would still accept a beat.
    expect(await fleet.get('a')).toMatchObject({ phase: 'alive' })
    expect(await refusal(() => agent.assertAlive())).toBe('FENCED')
    expect(await agent.release()).toEqual({ released: 0, kept: [] })
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
