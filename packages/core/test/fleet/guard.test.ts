import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Clock } from '../../src/clock/clock.ts'
import type { Coordinator, Fleet, Reclaimer, SweepResult } from '../../src/fleet/index.ts'
import { useFakeTime } from '../support/fake-time.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { until } from '../support/until.ts'
import { join } from './contract-values.ts'
import { gate, openFleet, openWithClock, quickCoordinator, type StoreName, STORES } from './fleets.ts'

const LEASE = 120_000
const MINUTE = 60_000

function told({ orphans, held }: SweepResult): string[] {
  const found = orphans.map(({ agentId, status }) => `${agentId}: ${status}`)
  return [...found, ...held.map(({ agentId, reason }) => `${agentId}: held for ${reason}`)].toSorted()
}

/** Agents of a fleet that nobody beats for. */
async function leave(fleet: Fleet, ...ids: string[]): Promise<void> {
  for (const id of ids) await fleet.register({ id })
}

describe.each(STORES)('ten minutes without sweeps, on %s', driver => {
  it('reap nobody at first, and who is really dead one lease later', async () => {
    useFakeTime()
    const clock: Clock = { now: () => Date.now(), monotonic: () => Date.now() }
    const { store, fleet } = await openWithClock(driver, clock)
    const coordinator = quickCoordinator(fleet)
    await coordinator.sweep()
    const living = await fleet.register({ id: 'living' })
    // On machines that slept, and on one that never woke up again.
    const sleeper = await join(store, 'sleeper', { leaseTtl: LEASE })
    await join(store, 'dead', { leaseTtl: LEASE })
    await vi.advanceTimersByTimeAsync(10 * MINUTE)

    const first = await coordinator.sweep()
    expect(told(first)).toEqual(['dead: held for gap', 'sleeper: held for gap'])
    expect(first.healthyAgents).toBe(3)
    expect((await store.beat([sleeper])).fenced).toEqual([])
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(told(await coordinator.sweep())).toEqual(['dead: held for gap'])
    await store.beat([sleeper])
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(told(await coordinator.sweep())).toEqual(['dead: cleaned'])
    expect((await store.beat([sleeper])).fenced).toEqual([])
    await living.assertAlive()
  })
})

describe.each(STORES)('the guard of a coordinator on %s', store => {
  let clock: ManualClock
  let fleet: Fleet

  beforeEach(() => {
    clock = new ManualClock()
  })

  /** A coordinator that swept once, agents that were silent since, and a gap. */
  async function gap(...ids: string[]): Promise<Coordinator> {
    fleet = await openSilent(store, clock)
    const coordinator = quickCoordinator(fleet)
    await coordinator.sweep()
    await leave(fleet, ...ids)
    clock.advance(2 * LEASE)
    return coordinator
  }

  it('is told by a dry run, which changes nothing', async () => {
    const coordinator = await gap('a')
    const expected = ['a: held for gap']
    expect(told(await coordinator.sweep({ dryRun: true }))).toEqual(expected)
    expect(told(await coordinator.sweep({ dryRun: true, force: true }))).toEqual(['a: found'])
    expect(told(await quickCoordinator(fleet, { guard: false }).sweep({ dryRun: true }))).toEqual(['a: found'])
    expect(told(await coordinator.sweep())).toEqual(expected)
    expect(told(await coordinator.sweep({ dryRun: true }))).toEqual(expected)
    expect(told(await coordinator.sweep({ dryRun: true, force: true }))).toEqual(['a: found'])
    const [held] = (await coordinator.sweep()).held
    expect(held).toMatchObject({ agentId: 'a', reason: 'gap', until: (await fleet.now()) + LEASE })
    expect(await fleet.get('a')).toMatchObject({ expiresAt: held?.until })
  })

  it('ends by force, and tells when it began and ended', async () => {
    const coordinator = await gap('a', 'b')
    await coordinator.sweep()
    expect(told(await coordinator.sweep({ force: true }))).toEqual(['a: cleaned', 'b: cleaned'])
    const events = await fleet.events.read({ types: ['silence_hold_started', 'silence_hold_ended'] })
    expect(events.map(({ type, data }) => [type, data['reason']])).toEqual([
      ['silence_hold_started', 'gap'],
      ['silence_hold_ended', 'gap'],
    ])
  })

  it.each([false, { gaps: false }])('can be switched off: %j', async guard => {
    await gap('a')
    expect(told(await quickCoordinator(fleet, { guard }).sweep())).toEqual(['a: cleaned'])
  })

  it('alerts when most hosts fall silent', async () => {
    fleet = await openSilent(store, clock)
    const coordinator = quickCoordinator(fleet)
    await coordinator.sweep()
    for (const host of ['a', 'b', 'c']) await fleet.register({ id: `on-${host}`, host })
    clock.advance(LEASE)
    const { held } = await coordinator.sweep()
    expect(held.map(({ host, reason }) => `${host}: ${reason}`)).toEqual(['a: hosts', 'b: hosts', 'c: hosts'])
    const [alert] = await fleet.events.read({ types: ['system_alert'] })
    expect(alert?.data).toMatchObject({ alert: 'hosts_silent', text: expect.stringContaining('hosts') })
  })

  it('minds a sweep by force also while another one runs', async () => {
    const coordinator = await gap('a')
    const slow = gate()
    const busy = quickCoordinator(fleet, { reclaimers: [slow] })
    await fleet.register({ id: 'busy', resources: [{ kind: 'thing', ref: { key: 'x' } }] })
    await quickCoordinator(fleet).sweep()
    clock.advance(LEASE)
    const first = busy.sweep()
    await until(() => slow.asked.length === 1)
    await fleet.register({ id: 'late' })
    clock.advance(2 * LEASE)
    const forced = busy.sweep({ force: true })
    slow.open()
    expect(told(await first)).toContain('busy: cleaned')
    expect(told(await forced)).toEqual(['late: cleaned'])
    expect(told(await coordinator.sweep())).toEqual([])
  })
})

describe.each(STORES)('quarantine on %s', store => {
  let refuse: boolean
  const stubborn: Reclaimer = {
    kind: 'thing',
    reclaim: async () => {
      if (refuse) throw new Error('it is stuck')
    },
  }

  async function quarantine(): Promise<{ fleet: Fleet; coordinator: Coordinator }> {
    refuse = true
    const clock = new ManualClock()
    const fleet = await openSilent(store, clock)
    await fleet.register({ id: 'a', resources: [{ kind: 'thing', ref: { key: 'x' } }] })
    clock.advance(LEASE)
    const coordinator = quickCoordinator(fleet, { reclaimers: [stubborn], maxAttempts: 1 })
    expect(told(await coordinator.sweep())).toEqual(['a: quarantined'])
    return { fleet, coordinator }
  }

  it('is listed, and told to people', async () => {
    const { fleet } = await quarantine()
    expect(await fleet.quarantined()).toMatchObject([{ id: 'a', attempts: 1, error: 'it is stuck' }])
    const [alert] = await fleet.events.read({ types: ['system_alert'] })
    expect(alert).toMatchObject({ agent: 'a', data: { alert: 'agent_quarantined', error: 'it is stuck' } })
    expect(alert?.data['text']).toContain('it is stuck')
  })

  it('ends by a retry, with the next sweep', async () => {
    const { fleet, coordinator } = await quarantine()
    expect(await fleet.retry('nobody')).toBe(false)
    refuse = false
    expect(told(await coordinator.sweep())).toEqual([])
    expect(await fleet.retry('a')).toBe(true)
    expect(told(await coordinator.sweep())).toEqual(['a: cleaned'])
    expect(await fleet.quarantined()).toEqual([])
  })

  it('is tried once more by a forced sweep, and told again when that fails', async () => {
    const { fleet, coordinator } = await quarantine()
    expect(told(await coordinator.sweep({ dryRun: true, force: true }))).toEqual(['a: found'])
    expect(told(await coordinator.sweep({ force: true }))).toEqual(['a: quarantined'])
    expect(await fleet.events.read({ types: ['agent_quarantined'] })).toHaveLength(2)
    refuse = false
    expect(told(await coordinator.sweep({ force: true }))).toEqual(['a: cleaned'])
  })
})

/** A fleet by a clock of the test's own, which no beat follows. */
async function openSilent(store: StoreName, clock: ManualClock): Promise<Fleet> {
  return openFleet(store, { clock, leaseTtl: LEASE })
}
