import { describe, expect, test } from 'vitest'
import type { LeaseRef } from '../../src/fleet/records.ts'
import type { FleetStore } from '../../src/fleet/store.ts'
import type { Subject } from './contract.ts'
import { claimExpired, claimReleased, join, LEASE_TTL } from './contract-values.ts'

const WRITES: [name: string, write: (store: FleetStore, ref: LeaseRef) => Promise<unknown>][] = [
  ['update', (store, ref) => store.update(ref, { state: 'busy' })],
  ['update that only checks', (store, ref) => store.update(ref, {})],
  ['own', (store, ref) => store.own(ref, { kind: 'key', key: 'k' })],
  ['disown', (store, ref) => store.disown(ref, 'key', 'k')],
  ['setKey', (store, ref) => store.setKey(ref, 'k', 'v')],
  ['deleteKey', (store, ref) => store.deleteKey(ref, 'k')],
  ['tryLock', (store, ref) => store.tryLock(ref, 'l')],
  ['unlock', (store, ref) => store.unlock(ref, 'l')],
]

export function fencingContract(subject: Subject): void {
  describe('fencing', () => {
    test.each(WRITES)('refuses %s after a claim', async (_name, write) => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1')
      await write(store, ref)
      clock.advance(LEASE_TTL)
      await claimExpired(store)
      await expect(write(store, ref)).rejects.toMatchObject({ code: 'FENCED', facts: ref })
    })

    test.each(WRITES)('refuses %s by an unknown lease and by another epoch', async (_name, write) => {
      const { store } = subject()
      const ref = await join(store, 'agent-1')
      await expect(write(store, { id: 'agent-2', epoch: ref.epoch })).rejects.toMatchObject({ code: 'FENCED' })
      for (const epoch of [String(Number(ref.epoch) - 1), String(Number(ref.epoch) + 1), '', 'x', '1e15', '-1']) {
        await expect(write(store, { id: 'agent-1', epoch })).rejects.toMatchObject({ code: 'FENCED' })
      }
    })

    test('answers a beat of a claimed, a replaced and an unknown lease with its name, and takes the others', async () => {
      const { store, clock } = subject()
      const claimed = await join(store, 'agent-1')
      clock.advance(LEASE_TTL)
      await claimExpired(store)
      const alive = await join(store, 'agent-1')
      const unknown = { id: 'agent-2', epoch: alive.epoch }
      expect(await store.beat([claimed, alive, unknown])).toMatchObject({ fenced: [claimed, unknown], stops: [] })
      expect(await store.get('agent-1')).toMatchObject({ epoch: alive.epoch, phase: 'alive' })
    })

    test('does not come before the claim: a late beat revives an expired lease', async () => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1')
      clock.advance(10 * LEASE_TTL)
      expect((await store.beat([ref])).fenced).toEqual([])
      expect((await claimExpired(store)).claims).toEqual([])
      clock.advance(LEASE_TTL - 1)
      expect((await claimExpired(store)).claims).toEqual([])
      clock.advance(1)
      expect((await claimExpired(store)).claims).toHaveLength(1)
    })

    test('holds from the moment of an agent’s own good-bye', async () => {
      const { store } = subject()
      const ref = await join(store, 'agent-1')
      expect((await claimReleased(store, ref)).claims).toHaveLength(1)
      expect((await store.beat([ref])).fenced).toEqual([ref])
      expect((await claimReleased(store, ref)).claims).toEqual([])
    })
  })

  describe('beats', () => {
    test('the first turns a starting agent alive; progress is noted apart', async () => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1')
      clock.advance(10)
      const { now } = await store.beat([ref])
      expect(await store.get('agent-1')).toMatchObject({
        phase: 'alive',
        lastBeat: now,
        progressAt: null,
        expiresAt: now + LEASE_TTL,
      })
      clock.advance(10)
      const second = await store.beat([{ ...ref, progressed: true }])
      expect(await store.get('agent-1')).toMatchObject({ lastBeat: second.now, progressAt: second.now })
      await store.update(ref, { phase: 'draining' })
      await store.beat([ref])
      expect(await store.get('agent-1')).toMatchObject({ phase: 'draining' })
    })

    test('carry the wish to stop until the lease ends', async () => {
      const { store } = subject()
      const ref = await join(store, 'agent-1')
      const other = await join(store, 'agent-10')
      expect(await store.requestStop('agent-1')).toBe(true)
      expect(await store.requestStop('nobody')).toBe(false)
      for (let round = 0; round < 2; round += 1) {
        expect(await store.beat([ref, other])).toMatchObject({ fenced: [], stops: [ref] })
        expect(await store.check([ref, other])).toMatchObject({ fenced: [], stops: [ref] })
      }
      await claimReleased(store, ref)
      expect(await store.requestStop('agent-1')).toBe(false)
      expect(await store.beat([ref])).toMatchObject({ fenced: [ref], stops: [] })
    })

    test('a check is no beat', async () => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1')
      clock.advance(LEASE_TTL)
      expect((await store.check([ref])).fenced).toEqual([])
      expect((await claimExpired(store)).claims).toHaveLength(1)
    })
  })
}
