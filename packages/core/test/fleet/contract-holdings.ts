import { describe, expect, test } from 'vitest'
import type { Subject } from './contract.ts'
import {
  claimProven,
  claimReleased,
  join,
  LEASE_TTL,
  NOTHING_HELD,
  only,
  registration,
  release,
} from './contract-values.ts'

export function holdingContract(subject: Subject): void {
  describe('resources', () => {
    test('are kept in the order they were taken, the first ones with the registration', async () => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1', { resources: [{ kind: 'process', key: '12', data: { pid: 12 } }] })
      const first = (await store.get('agent-1'))?.registeredAt ?? 0
      clock.advance(5)
      await store.own(ref, { kind: 'directory', key: '/tmp/a' })
      await store.own(ref, { kind: 'process', key: '12', data: { pid: 12, again: true } })
      expect(await store.resources(ref)).toEqual([
        { kind: 'process', key: '12', data: { pid: 12, again: true }, ownedAt: first, shared: false },
        { kind: 'directory', key: '/tmp/a', data: {}, ownedAt: first + 5, shared: false },
      ])
      expect(await store.disown(ref, 'process', '12')).toBe(true)
      expect(await store.disown(ref, 'process', '12')).toBe(false)
      expect(await store.resources(ref)).toHaveLength(1)
    })

    test('are shared while another live lease owns the same thing', async () => {
      const { store } = subject()
      const thing = { kind: 'worktree', key: '/repo/w' }
      const first = await join(store, 'agent-1', { resources: [thing] })
      const second = await join(store, 'agent-10')
      await store.own(second, { kind: 'directory', key: thing.key })
      expect(only(await store.resources(first)).shared).toBe(false)
      await store.own(second, thing)
      expect(only(await store.resources(first)).shared).toBe(true)
      await claimProven(store, second)
      expect(only(await store.resources(first)).shared).toBe(false)
      expect((await store.resources(second)).map(({ shared }) => shared)).toEqual([false, true])
    })

    test('are refused when they cannot be stored, and nothing is written', async () => {
      const { store } = subject()
      const bad = [
        { kind: '', key: 'k' },
        { kind: 'key', key: '' },
        { kind: 'key', key: 'k'.repeat(1_025) },
      ]
      const ref = await join(store, 'agent-1')
      for (const resource of [...bad, { kind: 'key', key: 'k', data: { big: 1n } }]) {
        await expect(store.own(ref, resource)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
        const whole = registration('agent-2', { resources: [{ kind: 'key', key: 'fine' }, resource] })
        await expect(store.register(whole)).rejects.toMatchObject({ code: 'INVALID_OPTION' })
      }
      expect(await store.resources(ref)).toEqual([])
      expect(await store.get('agent-2')).toBeNull()
    })

    test('share no object with their caller', async () => {
      const { store } = subject()
      const data = { list: [1] }
      const ref = await join(store, 'agent-1', { resources: [{ kind: 'x', key: 'k', data }] })
      data.list.push(2)
      expect(only(await store.resources(ref)).data).toEqual({ list: [1] })
    })

    test('go with their lease, and another’s stay', async () => {
      const { store } = subject()
      const first = await join(store, 'agent-1', { resources: [{ kind: 'key', key: 'k' }] })
      const second = await join(store, 'agent-10', { resources: [{ kind: 'key', key: 'k' }] })
      await release(store, first)
      expect(await store.resources(first)).toEqual([])
      expect(await store.resources(second)).toHaveLength(1)
    })
  })

  describe('keys', () => {
    test('are written under a lease and go with it, and only with it', async () => {
      const { store } = subject()
      const first = await join(store, 'agent-1')
      const second = await join(store, 'agent-10')
      await store.setKey(first, 'k:1', 'a')
      await store.setKey(first, 'k:1', 'b')
      await store.setKey(second, 'k:10', 'c')
      expect([await store.getKey('k:1'), await store.getKey('k:10'), await store.getKey('k')]).toEqual(['b', 'c', null])
      await release(store, first)
      expect([await store.getKey('k:1'), await store.getKey('k:10')]).toEqual([null, 'c'])
    })

    test('belong to their owner while it lives', async () => {
      const { store } = subject()
      const first = await join(store, 'agent-1')
      const second = await join(store, 'agent-2')
      await store.setKey(first, 'k', 'a')
      await expect(store.setKey(second, 'k', 'b')).rejects.toMatchObject({
        code: 'RESOURCE_REFUSED',
        facts: { owner: first },
      })
      expect(await store.deleteKey(second, 'k')).toBe(false)
      expect(await store.getKey('k')).toBe('a')
      expect(await store.deleteKey(first, 'k')).toBe(true)
      expect(await store.deleteKey(first, 'k')).toBe(false)
    })

    test('of an ended lease may be taken over, and then outlive it', async () => {
      const { store } = subject()
      const old = await join(store, 'agent-1')
      await store.setKey(old, 'k', 'old')
      const fresh = await join(store, 'agent-1', { supersede: old.epoch })
      await store.setKey(fresh, 'k', 'fresh')
      const what = { by: 'expired' } as const
      const { token } = only((await store.claim({ holder: 'c', claimTtl: 100, what })).claims)
      await store.finish(token, NOTHING_HELD)
      expect(await store.getKey('k')).toBe('fresh')
    })
  })

  describe('locks', () => {
    test('have one holder, who may take them again', async () => {
      const { store, connect } = subject()
      const other = await connect()
      const first = await join(store, 'agent-1')
      const second = await join(store, 'agent-2')
      expect(await store.tryLock(first, 'l')).toBe(true)
      expect(await store.tryLock(first, 'l')).toBe(true)
      expect(await other.tryLock(second, 'l')).toBe(false)
      expect(await other.unlock(second, 'l')).toBe(false)
      expect(await store.unlock(first, 'l')).toBe(true)
      expect(await store.unlock(first, 'l')).toBe(false)
      expect(await other.tryLock(second, 'l')).toBe(true)
    })

    test('stay held while their lease is reclaimed, and are free when it is finished', async () => {
      const { store, clock } = subject()
      const first = await join(store, 'agent-1')
      const second = await join(store, 'agent-2', { leaseTtl: 10 * LEASE_TTL })
      await store.tryLock(first, 'l')
      clock.advance(LEASE_TTL)
      expect(await store.tryLock(second, 'l')).toBe(false)
      const { token } = only((await claimProven(store, first)).claims)
      expect(await store.tryLock(second, 'l')).toBe(false)
      await store.finish(token, NOTHING_HELD)
      expect(await store.tryLock(second, 'l')).toBe(true)
      expect((await claimReleased(store, first)).claims).toEqual([])
    })
  })
}
