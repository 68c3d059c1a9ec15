import { describe, expect, test } from 'vitest'
import type { LeaseRef } from '../../src/fleet/records.ts'
import type { FleetStore } from '../../src/fleet/store.ts'
import { TOMBSTONE_LIMIT } from '../../src/fleet/store-limits.ts'
import type { Subject } from './contract.ts'
import { join, release } from './contract-values.ts'

export function limitContract(subject: Subject): void {
  describe('limits', () => {
    test('hold over 12,000 lives: the newest 10,000 tombstones stay, and nothing else', async () => {
      const { store, rows } = subject()
      for (let life = 0; life < 12_000; life += 1) {
        const ref = await join(store, `agent-${life}`, { resources: [{ kind: 'process', key: String(life) }] })
        if (life % 10 === 0) await hold(store, ref)
        await release(store, ref)
      }
      await store.dropPendingEvents((await store.pendingEvents(100_000)).last)
      expect(await store.counts()).toEqual({
        phases: { starting: 0, alive: 0, draining: 0, reaping: 0, quarantined: 0 },
        tombstones: TOMBSTONE_LIMIT,
      })
      const stones = await store.tombstones({ limit: 2 * TOMBSTONE_LIMIT })
      expect([stones.length, stones[0]?.id, stones.at(-1)?.id]).toEqual([10_000, 'agent-11999', 'agent-2000'])
      // The rest is what counts, boots and the like take.
      if (rows !== undefined) expect(rows() - TOMBSTONE_LIMIT).toBeLessThan(10)
    })
  })
}

async function hold(store: FleetStore, ref: LeaseRef): Promise<void> {
  await store.tryLock(ref, 'lock')
  await store.setKey(ref, 'key', 'value')
  await store.beat([ref])
}
