import { describe, expect, test } from 'vitest'
import type { Subject } from './contract.ts'
import { CLAIM_TTL, claimProven, claimReleased, join, LEASE_TTL, NOTHING_HELD } from './contract-values.ts'
import { EVERY, GUARD, holdEventsOf, sweep, told } from './guarded-sweeps.ts'

export function gapContract(subject: Subject): void {
  describe('silence after a gap in sweeps', () => {
    test('counts anew from the end of the gap, and is then believed', async () => {
      const { store, clock } = subject()
      await sweep(store)
      const living = await join(store, 'living')
      await join(store, 'dead')
      clock.advance(10 * LEASE_TTL)
      const foreseen = await store.expired(10, { guard: GUARD })
      const first = await sweep(store)
      expect(told(first)).toEqual(['dead: gap', 'living: gap'])
      expect(told(foreseen)).toEqual(told(first))
      expect(first.held.map(({ until }) => until)).toEqual([first.now + LEASE_TTL, first.now + LEASE_TTL])
      expect(first.live).toBe(2)
      expect((await store.beat([living])).fenced).toEqual([])
      clock.advance(LEASE_TTL - 1)
      await store.beat([living])
      expect(told(await sweep(store))).toEqual(['dead: gap'])
      expect(told(await store.expired(10, { guard: GUARD }))).toEqual(['dead: gap'])
      clock.advance(1)
      expect(told(await sweep(store))).toEqual(['dead'])
      expect((await store.beat([living])).fenced).toEqual([])
      expect(await holdEventsOf(store)).toEqual(['silence_hold_started gap', 'silence_hold_ended gap'])
    })

    test('names those that it holds as long as one another in the order in which they registered', async () => {
      const { store, clock } = subject()
      await sweep(store)
      const first = await join(store, 'first')
      await join(store, 'second')
      clock.advance(1)
      await store.beat([first]) // so that the second is due before it
      clock.advance(10 * LEASE_TTL)
      await sweep(store)
      const { held } = await sweep(store)
      expect(held.map(({ id }) => id)).toEqual(['first', 'second'])
    })

    test('is no excuse for who fell silent after it', async () => {
      const { store, clock } = subject()
      await sweep(store)
      clock.advance(10 * LEASE_TTL)
      await sweep(store)
      clock.advance(EVERY)
      await join(store, 'dead')
      for (let time = 0; time < LEASE_TTL - EVERY; time += EVERY) {
        clock.advance(EVERY)
        expect(told(await sweep(store))).toEqual([])
      }
      clock.advance(EVERY)
      expect(told(await sweep(store))).toEqual(['dead'])
    })

    test('counts anew also for who was heard during the gap', async () => {
      const { store, clock } = subject()
      await sweep(store)
      clock.advance(9.5 * LEASE_TTL)
      await join(store, 'late')
      clock.advance(0.5 * LEASE_TTL)
      await sweep(store)
      clock.advance(0.5 * LEASE_TTL)
      expect(told(await sweep(store))).toEqual(['late: gap'])
      clock.advance(0.5 * LEASE_TTL)
      expect(told(await sweep(store))).toEqual(['late'])
    })

    test('is believed when nobody ever swept before, and after a gap that is no longer than a lease', async () => {
      const { store, clock } = subject()
      await join(store, 'first')
      clock.advance(10 * LEASE_TTL)
      const first = await sweep(store)
      expect(told(first)).toEqual(['first'])
      for (const { token } of first.claims) await store.finish(token, NOTHING_HELD)
      await join(store, 'second')
      clock.advance(LEASE_TTL)
      expect(told(await sweep(store))).toEqual(['second'])
    })

    test('is judged by each lease’s own length', async () => {
      const { store, clock } = subject()
      await sweep(store)
      await join(store, 'short')
      await join(store, 'long', { leaseTtl: 3 * LEASE_TTL })
      clock.advance(3 * LEASE_TTL)
      expect(told(await sweep(store))).toEqual(['long', 'short: gap'])
    })

    test('is doubted once between two beats, however seldom somebody sweeps', async () => {
      const { store, clock } = subject()
      await sweep(store)
      const agent = await join(store, 'agent')
      clock.advance(3 * LEASE_TTL)
      expect(told(await sweep(store))).toEqual(['agent: gap'])
      await store.beat([agent])
      clock.advance(3 * LEASE_TTL)
      expect(told(await sweep(store))).toEqual(['agent: gap'])
      clock.advance(3 * LEASE_TTL)
      expect(told(await sweep(store))).toEqual(['agent'])
    })

    test('is believed by who does not mind gaps, and by force', async () => {
      const { store, clock } = subject()
      await sweep(store)
      for (const id of ['a', 'b', 'c']) await join(store, id)
      clock.advance(3 * LEASE_TTL)
      expect((await sweep(store, { limit: 1 })).more).toBe(true)
      expect(told(await sweep(store, { guard: { gaps: false, hosts: true }, limit: 1 }))).toEqual(['a: gap', 'b'])
      expect(told(await sweep(store))).toEqual(['a: gap', 'c: gap'])
      expect(told(await sweep(store, { force: true }))).toEqual(['a', 'c'])
      expect(await holdEventsOf(store)).toEqual(['silence_hold_started gap', 'silence_hold_ended gap'])
    })

    test('holds back nothing else: the proven, the released, what ended before', async () => {
      const { store, clock } = subject()
      await sweep(store)
      const [proven, released] = [await join(store, 'proven'), await join(store, 'released')]
      await join(store, 'claimed')
      clock.advance(LEASE_TTL)
      expect(told(await sweep(store))).toEqual(['claimed', 'proven', 'released'])
      const [again, leaving] = [await join(store, proven.id), await join(store, released.id)]
      clock.advance(10 * LEASE_TTL)
      expect(told(await sweep(store))).toEqual(['claimed', 'proven', 'proven: gap', 'released', 'released: gap'])
      expect(told(await claimProven(store, again))).toEqual(['proven'])
      expect(told(await claimReleased(store, leaving))).toEqual(['released'])
    })

    test('is told in pages that no claim stands still before', async () => {
      const { store, clock } = subject()
      await sweep(store)
      for (let index = 0; index < 10; index += 1) await join(store, `agent-${index}`)
      clock.advance(2 * LEASE_TTL)
      let rounds = 0
      for (let more = true; more; rounds += 1) ({ more } = await sweep(store, { limit: 4 }))
      expect(rounds).toBe(3)
      expect((await store.expired(100, { guard: GUARD })).held).toHaveLength(10)
    })

    test('has no gap while somebody works at what a sweep claimed', async () => {
      const { store, clock } = subject()
      await join(store, 'slow')
      clock.advance(LEASE_TTL)
      const { claims } = await sweep(store)
      await join(store, 'silent')
      for (let time = 0; time < 2 * LEASE_TTL; time += EVERY) {
        clock.advance(EVERY)
        await store.renewClaims(
          claims.map(({ token }) => token),
          CLAIM_TTL,
        )
      }
      expect(told(await sweep(store))).toEqual(['silent'])
    })
  })
}
