import { describe, expect, test } from 'vitest'
import type { LeaseRef } from '../../src/fleet/records.ts'
import type { FleetStore } from '../../src/fleet/store.ts'
import { TOMBSTONE_LIMIT } from '../../src/fleet/store-limits.ts'
import type { Subject } from './contract.ts'
import { claimExpired, join, LEASE_TTL, NOTHING_HELD } from './contract-values.ts'

const LIVES = TOMBSTONE_LIMIT + 500
/** Leases that end together, and are claimed in one step. */
const AT_ONCE = 100

export function limitContract(subject: Subject): void {
  describe('limits', () => {
    test(`hold over ${LIVES} lives: the newest ${TOMBSTONE_LIMIT} tombstones stay, and nothing else`, async () => {
      const { store, clock, rows } = subject()
      const ended: string[] = []
      for (let life = 0; life < LIVES; life += AT_ONCE) {
        for (let index = 0; index < AT_ONCE; index += 1) {
          const key = String(life + index)
          const ref = await join(store, `agent-${key}`, { resources: [{ kind: 'process', key }] })
          if (index % 10 === 0) await hold(store, ref)
        }
        clock.advance(LEASE_TTL)
        for (const { id, token } of (await claimExpired(store)).claims) {
          await store.finish(token, NOTHING_HELD)
          ended.push(id)
        }
      }
      await store.dropPendingEvents((await store.pendingEvents(100_000)).last)
      expect(await store.counts()).toEqual({
        phases: { starting: 0, alive: 0, draining: 0, reaping: 0, quarantined: 0 },
        tombstones: TOMBSTONE_LIMIT,
      })
      const stones = await store.tombstones({ limit: 2 * TOMBSTONE_LIMIT })
      expect(ended).toHaveLength(LIVES)
      expect(stones.map(({ id }) => id)).toEqual(ended.slice(-TOMBSTONE_LIMIT).toReversed())
      // The rest is what counts, boots and the like take.
      if (rows !== undefined) expect(rows() - TOMBSTONE_LIMIT).toBeLessThan(10)
    }, 600_000)
  })
}

async function hold(store: FleetStore, ref: LeaseRef): Promise<void> {
  await store.tryLock(ref, ref.id)
  await store.setKey(ref, ref.id, 'value')
  await store.beat([ref])
}
