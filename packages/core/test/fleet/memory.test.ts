import { expect, test } from 'vitest'
import { createMemoryFleetStore } from '../../src/fleet/drivers/memory/store.ts'
import { OUTBOX_LIMIT } from '../../src/fleet/store-limits.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { testFleetStore } from './contract.ts'

testFleetStore('the fleet store in memory', () => {
  const clock = new ManualClock()
  const store = createMemoryFleetStore({ clock })
  return Promise.resolve({ store, clock, connect: () => Promise.resolve(store), close: () => store.close() })
})

test('the fleet store in memory forgets the oldest of too many pending events', async () => {
  const store = createMemoryFleetStore()
  for (let index = 0; index <= OUTBOX_LIMIT; index += 1) await store.addEvent({ id: `event-${index}`, type: 't' })
  const { events } = await store.pendingEvents(2 * OUTBOX_LIMIT)
  expect([events.length, events[0]?.id]).toEqual([OUTBOX_LIMIT, 'event-1'])
})
