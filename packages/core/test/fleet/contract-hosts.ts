import { describe, expect, test } from 'vitest'
import type { LeaseRef } from '../../src/fleet/records.ts'
import type { FleetStore } from '../../src/fleet/store.ts'
import type { OpenStore, Subject } from './contract.ts'
import { join, LEASE_TTL, NOTHING_HELD } from './contract-values.ts'
import { EVERY, holdEventsOf, sweep, told } from './guarded-sweeps.ts'

export function hostContract(subject: Subject): void {
  describe('hosts that fall silent at once', () => {
    test('are held for a lease, and then go one at a time', async () => {
      const { store } = subject()
      await sweep(store)
      await joinOn(subject().store, ['a', 'b', 'c'])
      const living = await joinOn(subject().store, ['d', 'e'])
      expect(await watch(subject(), 1 * LEASE_TTL, living)).toEqual([])
      const { held } = await sweep(store)
      expect(held.map(({ id, reason }) => `${id} ${reason}`)).toEqual(['on-a hosts', 'on-b hosts', 'on-c hosts'])
      expect(await watch(subject(), 3 * LEASE_TTL, living)).toEqual(['1: on-a', '1.5: on-b', '2: on-c'])
      expect(await holdEventsOf(store)).toEqual([
        'silence_hold_started hosts',
        'system_alert hosts_silent',
        'silence_hold_ended hosts',
      ])
    })

    test('are counted over the length of a lease, also those that went before it was a crowd', async () => {
      await sweep(subject().store)
      await joinOn(subject().store, ['a', 'b'], 'early')
      await watch(subject(), EVERY)
      await joinOn(subject().store, ['c', 'd'], 'late')
      const living = await joinOn(subject().store, ['e', 'f'])
      expect(await watch(subject(), 2 * LEASE_TTL, living)).toEqual(['0.75: early-a', '0.75: early-b', '2: late-c'])
      expect(await watch(subject(), LEASE_TTL, living)).toEqual(['0.5: late-d'])
    })

    test.each([
      ['two of three', ['a', 'b'], ['c']],
      ['half of six', ['a', 'b', 'c'], ['d', 'e', 'f']],
      ['two of two', ['a', 'b'], []],
    ])('are believed when they are only %s', async (_name, silent, others) => {
      await sweep(subject().store)
      await joinOn(subject().store, silent)
      const living = await joinOn(subject().store, others)
      expect(await watch(subject(), LEASE_TTL, living)).toEqual(silent.map(host => `1: on-${host}`))
    })

    test('are not silent while one agent of theirs is heard', async () => {
      await sweep(subject().store)
      const hosts = ['a', 'b', 'c', 'd']
      await joinOn(subject().store, hosts, 'dead')
      const living = await joinOn(subject().store, hosts, 'living')
      expect(await watch(subject(), LEASE_TTL, living)).toEqual(hosts.map(host => `1: dead-${host}`))
    })

    test('come back without a loss', async () => {
      const { store } = subject()
      await sweep(store)
      const refs = await joinOn(subject().store, ['a', 'b', 'c', 'd'])
      expect(await watch(subject(), 1.75 * LEASE_TTL)).toEqual([])
      expect((await store.beat(refs)).fenced).toEqual([])
      expect(await watch(subject(), 3 * LEASE_TTL, refs)).toEqual([])
      expect((await sweep(store)).held).toEqual([])
      expect((await holdEventsOf(store)).at(-1)).toBe('silence_hold_ended hosts')
    })

    test('take all of one host at once, and whoever falls silent meanwhile waits as well', async () => {
      await sweep(subject().store)
      await joinOn(subject().store, ['a', 'b', 'c'], 'one')
      await joinOn(subject().store, ['a', 'b', 'c'], 'two')
      await watch(subject(), LEASE_TTL)
      await joinOn(subject().store, ['d'], 'more')
      expect(await watch(subject(), 4 * LEASE_TTL)).toEqual([
        '1: one-a',
        '1: two-a',
        '1.5: one-b',
        '1.5: two-b',
        '2: one-c',
        '2: two-c',
        '2.5: more-d',
      ])
    })

    test('are believed by who does not mind them, and by force', async () => {
      const { store, clock } = subject()
      await sweep(store)
      await joinOn(subject().store, ['a', 'b', 'c'])
      clock.advance(LEASE_TTL)
      expect(told(await sweep(store, { limit: 2 }))).toEqual(['on-a: hosts', 'on-b: hosts'])
      expect(told(await sweep(store, { guard: { gaps: true, hosts: false } }))).toEqual([
        'on-a: hosts',
        'on-b: hosts',
        'on-c',
      ])
      expect(told(await sweep(store, { force: true }))).toEqual(['on-a', 'on-b'])
    })
  })
}

/** Sweeps until some time has passed, with beats of who lives, and tells when who was claimed. */
async function watch({ store, clock }: OpenStore, duration: number, living: LeaseRef[] = []): Promise<string[]> {
  const claimed: string[] = []
  for (let time = EVERY; time <= duration; time += EVERY) {
    clock.advance(EVERY)
    await store.beat(living)
    const { claims } = await sweep(store)
    for (const { id, token } of claims) {
      claimed.push(`${time / LEASE_TTL}: ${id}`)
      await store.finish(token, NOTHING_HELD)
    }
  }
  return claimed
}

async function joinOn(store: FleetStore, hosts: string[], id = 'on'): Promise<LeaseRef[]> {
  const refs: LeaseRef[] = []
  for (const host of hosts) refs.push(await join(store, `${id}-${host}`, { host }))
  return refs
}
