import { beforeAll, expect, it } from 'vitest'
import { createMemoryEventLog } from '../../src/events/drivers/memory.ts'
import { openSqliteEventLog } from '../../src/events/drivers/sqlite/log.ts'
import type { EventLog } from '../../src/events/event-log.ts'
import { temporaryFolder } from '../support/sqlite.ts'

beforeAll(() => {
  if (globalThis.gc === undefined) throw new Error('Leak tests need --expose-gc.')
})

const CYCLES = 2_000
/** Bytes of heap per cycle above which something is kept. */
const BUDGET = 256

/** Bytes that the heap grew by per cycle over the second half of the cycles; the first warms up. */
async function growth(cycle: () => Promise<void>): Promise<number> {
  const half = async (): Promise<number> => {
    for (let index = 0; index < CYCLES; index += 1) await cycle()
    await new Promise(setImmediate)
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
  const before = await half()
  return ((await half()) - before) / CYCLES
}

const drivers: [string, () => Promise<EventLog>][] = [
  ['memory', async () => createMemoryEventLog({ maxCount: 100 })],
  ['sqlite', () => openSqliteEventLog({ directory: temporaryFolder() })],
]

it.each(drivers)('%s: tails that are broken off, aborted or forgotten leave nothing', async (_name, open) => {
  const log = await open()
  const { signal } = new AbortController()
  const perCycle = await growth(async () => {
    const last = await log.append([{ type: 'a', data: { text: 'x'.repeat(100) } }])
    for await (const _ of log.tail({ after: last - 1, signal })) break
    await log.tail({ after: last - 1, signal }).next()
    log.tail({ signal })
    const controller = new AbortController()
    const waiting = log.tail({ signal: controller.signal }).next()
    await new Promise(setImmediate)
    controller.abort()
    await waiting
  })
  await log.close()
  expect(perCycle).toBeLessThan(BUDGET)
})

it.each(drivers)('%s: tails that are left waiting are seen to be kept, until the log closes', async (_, open) => {
  const log = await open()
  const left: Promise<unknown>[] = []
  const perCycle = await growth(async () => {
    left.push(log.tail().next())
    await Promise.resolve()
  })
  expect(perCycle).toBeGreaterThan(BUDGET)
  await log.close()
  expect(new Set((await Promise.all(left)).map(result => JSON.stringify(result)))).toEqual(new Set(['{"done":true}']))
})
