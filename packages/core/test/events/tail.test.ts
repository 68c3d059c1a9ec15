import { expect, it } from 'vitest'
import type { OakumEvent, ReadOptions } from '../../src/events/event-log.ts'
import { tailEvents, type TailSource } from '../../src/events/tail.ts'
import { until } from '../support/until.ts'

/** A source whose listeners and reads can be counted, and whose reads can be made to wait or to fail. */
class CountedSource implements TailSource {
  closed = false
  listeners = new Set<() => void>()
  reads: ReadOptions[] = []
  events: OakumEvent[] = []
  beforeRead: () => Promise<void> = async () => {}

  add(count: number): void {
    for (let index = 0; index < count; index += 1) {
      const seq = this.events.length + 1
      this.events.push({ seq, id: String(seq), type: 'a', time: 0, data: {} })
    }
    for (const listener of this.listeners) listener()
  }

  async last(): Promise<number> {
    return this.events.length
  }

  async read(options: ReadOptions): Promise<OakumEvent[]> {
    this.reads.push(options)
    const { after = 0, limit = 0 } = options
    const page = this.events.slice(after, after + limit)
    await this.beforeRead()
    return page
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

it('listens only while a pull is pending', async () => {
  const source = new CountedSource()
  const tail = tailEvents(source)
  expect(source.listeners.size).toBe(0)
  const pull = tail.next()
  await until(() => source.listeners.size === 1)
  source.add(2)
  await pull
  expect(source.listeners.size).toBe(0)
  await tail.next()
  expect(source.listeners.size).toBe(0)
})

it('sees an event that comes between its look and its wait', async () => {
  const source = new CountedSource()
  const tail = tailEvents(source, { after: 0 })
  let looks = 0
  source.last = async () => {
    const last = source.events.length
    // What this look reports is old already when it returns: only the listener can tell.
    if ((looks += 1) === 1) source.add(1)
    return last
  }
  expect(await tail.next()).toMatchObject({ done: false, value: { seq: 1 } })
})

it('reads bounded pages, and none while its caller does not pull', async () => {
  const source = new CountedSource()
  source.add(10_000)
  const tail = tailEvents(source, { after: 0 })
  await tail.next()
  source.add(10_000)
  expect(source.reads).toEqual([{ after: 0, limit: 256 }])
  for (let pulled = 1; pulled < 20_000; pulled += 1) await tail.next()
  expect(source.reads).toHaveLength(Math.ceil(20_000 / 256))
})

it('ends with the error of a failed read, and leaves nothing', async () => {
  const source = new CountedSource()
  source.add(1)
  source.beforeRead = () => Promise.reject(new Error('no'))
  const tail = tailEvents(source, { after: 0 })
  await expect(tail.next()).rejects.toThrow('no')
  expect(await tail.next()).toEqual({ done: true, value: undefined })
  expect(source.listeners.size).toBe(0)
})

it('ends quietly when its read fails because the log was closed', async () => {
  const source = new CountedSource()
  source.add(1)
  source.beforeRead = () => {
    source.closed = true
    return Promise.reject(new Error('closed'))
  }
  expect(await tailEvents(source, { after: 0 }).next()).toEqual({ done: true, value: undefined })
})

it('raises nothing when its start cannot be read and nobody pulls', async () => {
  const source = new CountedSource()
  source.last = () => Promise.reject(new Error('no'))
  const tail = tailEvents(source)
  await new Promise(setImmediate)
  await expect(tail.next()).rejects.toThrow('no')
})
