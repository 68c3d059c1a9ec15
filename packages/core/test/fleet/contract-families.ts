import { describe, expect, test } from 'vitest'
import type { Subject } from './contract.ts'
import {
  claimExpired,
  claimProven,
  claimReleased,
  join,
  LEASE_TTL,
  NOTHING_HELD,
  only,
  registration,
  release,
} from './contract-values.ts'

export function familyContract(subject: Subject): void {
  describe('families', () => {
    test('need a living parent', async () => {
      const { store } = subject()
      const parent = await join(store, 'parent')
      const wrong = registration('child', { parent: { id: 'parent', epoch: '1' } })
      await expect(store.register(wrong)).rejects.toMatchObject({ code: 'FENCED' })
      await claimReleased(store, parent)
      await expect(store.register(registration('child', { parent }))).rejects.toMatchObject({ code: 'FENCED' })
      expect(await store.get('child')).toBeNull()
    })

    test('end with their head, the deepest first', async () => {
      const { store } = subject()
      const head = await join(store, 'head')
      const child = await join(store, 'child', { parent: head })
      const grandchild = await join(store, 'grandchild', { parent: child })
      const other = await join(store, 'other')
      const { claims } = await claimProven(store, head)
      expect(claims.map(({ id, depth, reason }) => [id, depth, reason])).toEqual([
        ['grandchild', 2, 'parent_gone'],
        ['child', 1, 'parent_gone'],
        ['head', 0, 'process_gone'],
      ])
      expect((await store.beat([head, child, grandchild, other])).fenced).toEqual([head, child, grandchild])
    })

    test('have depths below the topmost lease that ended, also when each ended by itself', async () => {
      const { store, clock } = subject()
      const head = await join(store, 'head', { leaseTtl: 10 * LEASE_TTL })
      const child = await join(store, 'child', { parent: head })
      await join(store, 'grandchild', { parent: child })
      clock.advance(LEASE_TTL)
      const { claims } = await claimExpired(store)
      expect(claims.map(({ id, depth, reason }) => [id, depth, reason])).toEqual([
        ['grandchild', 1, 'missing_heartbeat'],
        ['child', 0, 'missing_heartbeat'],
      ])
    })

    test('outlive a parent that said good-bye', async () => {
      const { store } = subject()
      const parent = await join(store, 'parent')
      const child = await join(store, 'child', { parent })
      expect((await claimReleased(store, parent)).claims).toHaveLength(1)
      expect((await store.beat([child])).fenced).toEqual([])
      expect(await store.get('child')).toMatchObject({ phase: 'alive', parent })
    })

    test('larger than the limit end in the same step, and are taken bit by bit from below', async () => {
      const { store } = subject()
      const head = await join(store, 'head')
      const children = []
      for (let index = 0; index < 6; index += 1) children.push(await join(store, `child-${index}`, { parent: head }))
      const what = { by: 'proven', refs: [head] } as const
      const { claims, live } = await store.claim({ holder: 'c', claimTtl: 1_000, limit: 4, what })
      expect(live).toBe(0)
      expect(claims.map(({ depth }) => depth)).toEqual([1, 1, 1, 1])
      expect((await store.beat([head, ...children])).fenced).toHaveLength(7)
      const depths = []
      for (let round = 0; round < 4; round += 1) {
        const rest = await claimExpired(store, { limit: 1 })
        depths.push(rest.claims.map(({ depth, reason }) => [depth, reason]))
      }
      expect(depths).toEqual([[[1, 'parent_gone']], [[1, 'parent_gone']], [[0, 'process_gone']], []])
    })

    test('of a superseded agent end with it', async () => {
      const { store } = subject()
      const old = await join(store, 'parent')
      const child = await join(store, 'child', { parent: old })
      const below = registration('parent', { supersede: old.epoch, parent: child })
      await expect(store.register(below)).rejects.toMatchObject({ code: 'FENCED' })
      expect((await store.check([old, child])).fenced).toEqual([])
      const fresh = await join(store, 'parent', { supersede: old.epoch })
      expect((await store.check([old, child, fresh])).fenced).toEqual([old, child])
      expect((await claimExpired(store)).claims.map(({ id, depth }) => [id, depth])).toEqual([
        ['child', 1],
        ['parent', 0],
      ])
    })

    test('leave nothing behind when all members have ended', async () => {
      const { store } = subject()
      const parent = await join(store, 'parent')
      const child = await join(store, 'child', { parent })
      await release(store, parent)
      const { token } = only((await claimProven(store, child)).claims)
      expect(await store.finish(token, NOTHING_HELD)).toBe(true)
      expect(await store.list()).toEqual([])
    })
  })
}
