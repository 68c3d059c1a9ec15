import { describe, expect, test } from 'vitest'
import type { Subject } from './contract.ts'
import { claimExpired, join, LEASE_TTL, NOTHING_HELD } from './contract-values.ts'

export function quarantineContract(subject: Subject): void {
  describe('quarantine', () => {
    test('lists who is in it, and lets them be tried once more', async () => {
      const { store, clock } = subject()
      const refs = [await join(store, 'a'), await join(store, 'b')]
      clock.advance(LEASE_TTL)
      const failure = { error: 'busy', maxAttempts: 1, retryIn: 0 }
      for (const { token } of (await claimExpired(store)).claims) await store.fail(token, failure)
      const listed = await store.quarantined()
      expect(listed).toMatchObject(
        refs.map(({ id, epoch }) => ({
          id,
          epoch,
          host: 'host-1',
          reason: 'missing_heartbeat',
          attempts: 1,
          error: 'busy',
        })),
      )
      expect(listed.map(({ agent }) => agent?.phase)).toEqual(['quarantined', 'quarantined'])
      expect(await store.quarantined({ limit: 1 })).toHaveLength(1)
      expect(await store.retry('nobody')).toBe(0)
      expect(await store.retry('a')).toBe(1)
      const [again] = (await claimExpired(store)).claims
      expect(again).toMatchObject({ id: 'a', attempt: 2, reason: 'missing_heartbeat' })
      expect(await store.fail(again?.token ?? '', failure)).toBe('quarantined')
      expect(await store.retry()).toBe(2)
      expect(await store.quarantined()).toEqual([])
      for (const { token } of (await claimExpired(store)).claims) {
        expect(await store.finish(token, NOTHING_HELD)).toBe(true)
      }
      expect(await store.counts()).toMatchObject({ phases: { quarantined: 0, reaping: 0 }, tombstones: 2 })
    })
  })
}
