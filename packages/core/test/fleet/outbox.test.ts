import { expect, it } from 'vitest'
import { createMemoryEventLog } from '../../src/events/drivers/memory.ts'
import type { EventLog } from '../../src/events/event-log.ts'
import { createMemoryFleetStore } from '../../src/fleet/drivers/memory/store.ts'
import { Outbox } from '../../src/fleet/outbox.ts'
import { until } from '../support/until.ts'
import { useSqliteFolder } from './sqlite-folder.ts'

it('moves events in order, each once, however many move them at the same time', async () => {
  const store = createMemoryFleetStore()
  const events = createMemoryEventLog()
  const outboxes = [new Outbox(store, events), new Outbox(store, events), new Outbox(store, events)]
  for (let index = 0; index < 1_000; index++) await store.addEvent({ id: `e-${index}`, type: 't' })
  await Promise.all(outboxes.map(outbox => outbox.flush()))
  const ids = (await events.read()).map(({ id }) => id)
  expect(ids).toEqual(Array.from({ length: 1_000 }, (_, index) => `e-${index}`))
  expect((await store.pendingEvents(10)).events).toEqual([])
})

it('keeps events in the store while the log is away, and moves them when it is back', async () => {
  const store = createMemoryFleetStore()
  const log = createMemoryEventLog()
  let away = true
  const events: EventLog = {
    append: async inputs => {
      if (away) throw new Error('The log is away.')
      return log.append(inputs)
    },
    read: options => log.read(options),
    tail: options => log.tail(options),
    last: options => log.last(options),
    retain: options => log.retain(options),
    close: () => log.close(),
  }
  const outbox = new Outbox(store, events)
  await store.addEvent({ id: 'e', type: 't' })
  outbox.kick()
  await expect(outbox.flush()).rejects.toThrow('The log is away.')
  expect((await store.pendingEvents(10)).events).toHaveLength(1)
  away = false
  await until(async () => (await log.last()) === 1)
  await outbox.close()
})

it('leaves behind an event that no log takes, and moves those around it', async () => {
  const store = createMemoryFleetStore()
  const events = createMemoryEventLog()
  for (const type of ['a', '', 'b']) await store.addEvent({ id: `e-${type}`, type })
  await new Outbox(store, events).flush()
  expect((await events.read()).map(({ id }) => id)).toEqual(['e-a', 'e-b'])
  expect((await store.pendingEvents(10)).events).toEqual([])
})

it('gets past any number of events that cannot be read', async () => {
  const folder = await useSqliteFolder()
  const store = await folder.connect()
  const events = createMemoryEventLog()
  for (let index = 0; index < 300; index++) await store.addEvent({ id: `e-${index}`, type: 't' })
  folder.raw().exec(`UPDATE outbox SET event = '{'`)
  await store.addEvent({ id: 'fine', type: 't' })
  await new Outbox(store, events).flush()
  expect((await events.read()).map(({ id }) => id)).toEqual(['fine'])
  expect((await store.pendingEvents(10)).last).toBe(0)
})
