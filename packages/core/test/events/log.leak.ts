/**
 * A log that is appended to, read and followed for months leaves nothing, and one in memory just the newest events; readers
 * that are forgotten while they wait are caught.
 */
import { describe, expect, it, onTestFinished } from 'vitest'
import { expectBounded, expectCaught, expectClean, LARGE } from '../../../leaktest/test/support/pair.ts'
import { createMemoryEventLog } from '../../src/events/drivers/memory.ts'
import { openSqliteEventLog } from '../../src/events/drivers/sqlite/log.ts'
import type { EventLog, OakumEvent } from '../../src/events/event-log.ts'
import { temporaryFolder } from '../support/sqlite.ts'

/** Of the log in memory: so few that a test sees them go. */
const KEPT = 4

const DRIVERS: readonly [string, () => Promise<EventLog>][] = [
  ['memory', async () => createMemoryEventLog({ maxCount: KEPT })],
  ['sqlite', () => openSqliteEventLog({ directory: temporaryFolder() })],
]

const EVENT = { type: 'a', agent: 'coder-1', data: { text: 'x'.repeat(100) } }

function culprit(name: string): { function: string; file: string } {
  return { function: name, file: import.meta.filename }
}

describe.each(DRIVERS)('a log on %s', (_name, openDriver) => {
  async function open(): Promise<EventLog> {
    const log = await openDriver()
    onTestFinished(() => log.close())
    return log
  }

  it('keeps nothing of what is appended and read', async () => {
    const log = await open()
    await expectClean(async () => {
      const last = await log.append([EVENT, EVENT])
      await log.read({ after: last - 2, agent: 'coder-1' })
      await log.read({ newest: true, limit: 5 })
      await log.last()
    })
  })

  it('keeps nothing of tails that are broken off, aborted or forgotten', async () => {
    const log = await open()
    const { signal } = new AbortController()
    await expectClean(
      async () => {
        const last = await log.append([EVENT])
        for await (const _ of log.tail({ after: last - 1, signal })) break
        await log.tail({ after: last - 1, signal }).next()
        log.tail({ signal })
        const controller = new AbortController()
        const waiting = log.tail({ signal: controller.signal }).next()
        await new Promise(setImmediate)
        controller.abort()
        await waiting
      },
      { iterations: 480 },
    )
  })

  it('is caught to hold tails that are left waiting, until it closes', async () => {
    const log = await open()
    const left: Promise<unknown>[] = []
    await expectCaught(culprit('leavesWaiting'), async function leavesWaiting() {
      left.push(log.tail({ types: Array.from({ length: 50 }, String) }).next())
      await Promise.resolve()
    })
    await log.close()
    expect(new Set((await Promise.all(left)).map(result => JSON.stringify(result)))).toEqual(new Set(['{"done":true}']))
  })

  it('is none to blame for events that its reader keeps', async () => {
    const log = await open()
    const read: OakumEvent[] = []
    await expectCaught(culprit('keepsEvents'), async function keepsEvents() {
      const last = await log.append([EVENT])
      for (const event of await log.read({ after: last - 1 })) read.push({ ...event })
    })
  })
})

describe('logs', () => {
  it('leave nothing when they are closed, with a tail that waits', async () => {
    const directory = temporaryFolder()
    await expectClean(async () => {
      for (const log of [createMemoryEventLog(), await openSqliteEventLog({ directory })]) {
        await log.append([EVENT])
        const waiting = log.tail().next()
        await new Promise(setImmediate)
        await log.close()
        await waiting
      }
    })
  })

  it('are caught when they are not closed', async () => {
    const directory = temporaryFolder()
    const open: EventLog[] = []
    const remembered: unknown[] = []
    const planted = async function leavesOpen(): Promise<void> {
      remembered.push(Array.from(LARGE))
      open.push(await openSqliteEventLog({ directory }))
    }
    const { counters } = await expectCaught(culprit(planted.name), planted, { iterations: 48 })
    expect(counters).toContainEqual(expect.objectContaining({ counter: 'fds' }))
    for (const log of open) await log.close()
  })

  it('in memory hold as many events as they are told', async () => {
    const log = createMemoryEventLog({ maxCount: 300 })
    await expectBounded(300, async () => void (await log.append([EVENT])), { iterations: 1_000 })
  })
})
