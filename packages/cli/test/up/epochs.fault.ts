/**
 * What `oakum up` keeps of agents that are gone: epochs of 30 agents each, half of which crash. The number of epochs that are measured
 * can be set by OAKUM_EPOCHS; the promise is about ten.
 */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { connect, type Fleet } from '@oakum/core/fleet'
import { readMemory } from '@oakum/core/process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { message, startProgram } from '../../../core/test/support/fixture-program.ts'
import { shiftedClock } from '../../../core/test/support/shifted-clock.ts'
import { until } from '../../../core/test/support/until.ts'
import { createFixture, type Fixture } from '../support/fixture.ts'
import { openHeapProbe, INSPECTABLE } from '../support/heap.ts'
import { startOakum } from '../support/oakum.ts'

const EPOCHS = Number(process.env.OAKUM_EPOCHS ?? 1)
/** Before anything is measured: what is filled once has been, and code that runs often is compiled. */
const WARMUP = Math.ceil(EPOCHS / 2)
/** In each of two processes, of which one crashes. */
const AGENTS = 15
const PROGRAM = new URL('../support/epoch-program.ts', import.meta.url)
const MB = 1_000_000
/** Bytes: a tree of which much was removed keeps a page here and there. */
const SLACK = 64 * 1_024
const WEEK = 8 * 24 * 60 * 60 * 1_000

let epochs = 0

/** 30 agents live; the 15 of one process crash, the others release. Resolves when nothing of them is left. */
async function runEpoch(fleet: Fleet, { url }: Fixture, root: string): Promise<void> {
  const [crashing, ending] = ['crashing', 'ending'].map(how =>
    startProgram(PROGRAM, url, root, `${how}-${++epochs}`, String(AGENTS)),
  )
  if (crashing === undefined || ending === undefined) throw new Error('They were not started.')
  await Promise.all([message(crashing), message(ending)])
  expect(await fleet.agents()).toHaveLength(AGENTS * 2)
  crashing.kill('SIGKILL')
  ending.send('end')
  await until(async () => (await fleet.agents()).length === 0, { what: 'nobody lives' })
  expect(readdirSync(root)).toEqual([])
}

/** What `oakum up` takes, in bytes. */
interface Figures {
  /** In use, after a full collection. */
  heap: number
  pss: number
  /** Of the PSS what no file stands behind. */
  anonymous: number
}

/** What is in a store. */
interface Contents {
  /** Of its tables, but for those that are empty. */
  rows: Record<string, number>
  /** Of its files, as far as they are in use. */
  bytes: number
}

function contentsOf({ folder }: Fixture): Contents {
  const contents: Contents = { rows: {}, bytes: 0 }
  for (const name of ['fleet.db', 'events.db']) {
    const database = new DatabaseSync(join(folder, 'store', name))
    const number = (sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0])
    const used = number('PRAGMA page_count') - number('PRAGMA freelist_count')
    contents.bytes += used * number('PRAGMA page_size')
    for (const { name: table } of database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()) {
      const rows = number(`SELECT count(*) FROM "${String(table)}"`)
      if (rows > 0) contents.rows[`${name} ${String(table)}`] = rows
    }
    database.close()
  }
  return contents
}

/**
 * Time passes until retention has done its work: no event may stay, and no tombstone that is a week old. These go a few at a time,
 * with each new one; so weeks pass until hardly any is left.
 *
 * @param from The first week; time never goes back.
 */
async function retain({ url }: Fixture, from: number): Promise<void> {
  for (let week = from; week < from + 4; week++) {
    const later = await connect(url, { clock: shiftedClock(week * WEEK) })
    do {
      const ids = Array.from({ length: week === from + 3 ? 1 : 6 }, (_, index) => `week-${week}-${index}`)
      const agents = await Promise.all(ids.map(id => later.register({ id })))
      await Promise.all(agents.map(agent => agent.release()))
    } while ((await later.tombstones()).some(({ id }) => !id.startsWith(`week-${week}-`)))
    await later.flush()
    await later.events.retain({ maxCount: 0 })
    await later.close()
  }
}

describe(`oakum up, over ${EPOCHS} epochs of ${AGENTS * 2} agents of which half crash`, () => {
  it('grows by no more than 1 MB, and leaves the store as it was', async () => {
    const fixture = await createFixture()
    const root = join(fixture.folder, 'agents')
    mkdirSync(root)
    const { child, said, done } = startOakum(['up', '--json', '--store', fixture.url], { NODE_OPTIONS: INSPECTABLE })
    onTestFinished(() => void child.kill('SIGKILL'))
    await until(() => said.stderr.includes('watching over'))
    const probe = await openHeapProbe(said.stderr)
    onTestFinished(() => probe.close())
    const fleet = await connect(fixture.url)
    onTestFinished(() => fleet.close())
    const pid = child.pid ?? 0
    const measure = async (): Promise<Figures> => {
      const heap = await probe.used()
      const { bytes = 0, anonymous = 0 } = (await readMemory([pid])).get(pid) ?? {}
      return { heap, pss: bytes, anonymous }
    }

    for (let epoch = 0; epoch < WARMUP; epoch++) await runEpoch(fleet, fixture, root)
    await retain(fixture, 1)
    const emptied = contentsOf(fixture)
    const before = await measure()
    const figures = [before]
    for (let epoch = 0; epoch < EPOCHS; epoch++) {
      await runEpoch(fleet, fixture, root)
      figures.push(await measure())
    }
    const after = figures.at(-1) ?? before
    await fleet.flush()
    const filled = contentsOf(fixture)
    await retain(fixture, 5)
    const retained = contentsOf(fixture)

    for (const name of ['heap', 'pss', 'anonymous'] as const) {
      console.log(`${name} after each epoch, kB: ${figures.map(each => Math.round(each[name] / 1_000)).join(' ')}`)
    }
    console.log(
      `store: before ${emptied.bytes}, with all events ${filled.bytes}, after retention ${retained.bytes} bytes`,
    )
    expect(after.heap - before.heap).toBeLessThanOrEqual(MB)
    expect(filled.bytes).toBeGreaterThan(emptied.bytes)
    expect(retained.rows).toEqual(emptied.rows)
    expect(retained.bytes - emptied.bytes).toBeLessThanOrEqual(SLACK)
    expect((await fleet.counts()).phases).toEqual({ starting: 0, alive: 0, draining: 0, reaping: 0, quarantined: 0 })
    probe.close() // Node does not end while it is looked at
    child.kill('SIGTERM')
    expect((await done).code).toBe(0)
  })
})
