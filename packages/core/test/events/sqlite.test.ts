import { spawnSync } from 'node:child_process'
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openSqliteEventLog } from '../../src/events/drivers/sqlite/log.ts'
import type { EventLog } from '../../src/events/event-log.ts'
import { PROGRAM_FLAGS, message, startProgram } from '../support/fixture-program.ts'
import { openFiles, temporaryFolder } from '../support/sqlite.ts'
import { until } from '../support/until.ts'
import { take, testEventLog } from './contract.ts'

testEventLog('sqlite', () => openSqliteEventLog({ directory: temporaryFolder() }))

async function open(directory: string): Promise<EventLog> {
  const log = await openSqliteEventLog({ directory, pollInterval: 10 })
  onTestFinished(() => log.close())
  return log
}

it('tails what two other processes append: none lost, none twice, in order', async () => {
  const directory = temporaryFolder()
  const log = await open(directory)
  const writers = ['a', 'b'].map(agent =>
    startProgram(new URL('fixtures/writer.ts', import.meta.url), directory, agent, '5000', '7'),
  )
  await Promise.all(writers.map(message))
  const tailing = take(log.tail(), 10_000)
  const middle = take(log.tail({ agent: 'b', after: 0 }), 5_000)
  for (const writer of writers) writer.send('go')

  const events = await tailing
  const upTo = Array.from({ length: 5_000 }, (_, index) => index + 1)
  for (const agent of ['a', 'b']) {
    expect(events.filter(event => event.agent === agent).map(event => event.data['n'])).toEqual(upTo)
  }
  expect((await middle).map(event => event.data['n'])).toEqual(upTo)
  const seqs = events.map(event => event.seq)
  expect(seqs).toEqual(seqs.toSorted((one, other) => one - other))
  expect(await log.last()).toBe(seqs.at(-1))
})

it('continues from a point in another connection', async () => {
  const directory = temporaryFolder()
  const [one, other] = [await open(directory), await open(directory)]
  const tailing = take(one.tail({ after: 1 }), 3)
  await other.append([{ type: 'a' }, { type: 'b' }])
  await other.append([{ type: 'c' }])
  await one.append([{ type: 'd' }])
  expect((await tailing).map(event => event.type)).toEqual(['b', 'c', 'd'])
})

it('runs no timer for tails that were broken off, closed or forgotten', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const log = await open(temporaryFolder())
  await log.append([{ type: 'a' }])
  for (let round = 0; round < 1_000; round += 1) for await (const _ of log.tail({ after: 0 })) break
  expect(vi.getTimerCount()).toBe(0)
  const waiting = [log.tail().next(), log.tail().next()]
  await until(() => vi.getTimerCount() === 1)
  await log.close()
  await Promise.all(waiting)
  expect(vi.getTimerCount()).toBe(0)
})

it('gives files to their owner alone, and every descriptor back', async () => {
  const directory = temporaryFolder()
  for (let cycle = 0; cycle < 50; cycle += 1) {
    const log = await openSqliteEventLog({ directory })
    await log.append([{ type: 'a' }])
    for await (const _ of log.tail({ after: 0 })) break
    if (cycle === 0) {
      expect(readdirSync(directory).toSorted()).toEqual(['events.db', 'events.db-shm', 'events.db-wal'])
      for (const file of readdirSync(directory)) expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600)
      expect(openFiles(directory)).not.toEqual([])
    }
    await log.close()
  }
  expect(openFiles(directory)).toEqual([])
})

it('refuses a folder whose events.db is something else', async () => {
  const directory = temporaryFolder()
  writeFileSync(join(directory, 'events.db'), 'not a database')
  await expect(openSqliteEventLog({ directory })).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  await expect(openSqliteEventLog({ directory: join(directory, 'events.db') })).rejects.toMatchObject({
    code: 'STORE_UNREADABLE',
  })
})

it('names an event that was damaged', async () => {
  const directory = temporaryFolder()
  const log = await open(directory)
  await log.append([{ type: 'fine' }, { type: 'damaged' }])
  const database = new DatabaseSync(join(directory, 'events.db'))
  database.exec(`UPDATE events SET data = '{' WHERE seq = 2`)
  database.close()
  await expect(log.read()).rejects.toMatchObject({ code: 'STORE_CORRUPT', facts: { seq: 2 } })
  await expect(take(log.tail({ after: 1 }), 1)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
})

it('says STORE_FULL on a full disk, writes nothing by halves, and goes on when there is room', ({ skip }) => {
  const directory = temporaryFolder()
  // A disk of its own, in a mount namespace that ends with the program: no mount is left behind.
  const inside = (script: string, ...words: string[]): ReturnType<typeof spawnSync> =>
    spawnSync('unshare', ['-Urm', 'sh', '-c', `mount -t tmpfs -o size=1m tmpfs "$0" && ${script}`, directory, ...words])
  if (inside('true').status !== 0) skip('this system lets nobody mount a disk in a namespace')

  const program = fileURLToPath(new URL('fixtures/full-disk.ts', import.meta.url))
  const run = inside('exec "$@" "$0"', process.execPath, ...PROGRAM_FLAGS, program)
  expect(String(run.stderr)).toBe('')
  expect(JSON.parse(String(run.stdout))).toEqual({
    full: 'STORE_FULL',
    lost: 0,
    again: 'STORE_FULL',
    afterwards: true,
    readOnly: 'STORE_UNREADABLE',
    readOnlyNew: 'STORE_UNREADABLE',
  })
})
