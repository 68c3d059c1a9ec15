/** Databases that are opened, used, watched and closed leave nothing on the heap, and no descriptor; open ones are caught. */
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { expectCaught, expectClean, LARGE } from '../../../leaktest/test/support/pair.ts'
import type { Database } from '../../src/sqlite/database.ts'
import { openDatabase } from '../../src/sqlite/open.ts'
import { Watch } from '../../src/sqlite/watch.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { NOTES } from './fixtures/schema.ts'

const INSERT = 'INSERT INTO notes (text) VALUES (?)'

function openNotes(): Database {
  return openDatabase({ path: join(temporaryFolder(), 'notes.db'), ...NOTES })
}

it('databases that are closed leave nothing', async () => {
  const path = join(temporaryFolder(), 'notes.db')
  await expectClean(
    ({ iteration }) => {
      const database = openDatabase({ path, ...NOTES })
      const watch = new Watch(database)
      watch.onChange(() => {})
      database.transaction(() => database.run(INSERT, String(iteration)))
      watch.close()
      database.close()
    },
    { warmup: 10 },
  )
})

it('databases that are never closed are caught', async () => {
  const path = join(temporaryFolder(), 'notes.db')
  const open: unknown[] = []
  const planted = function leavesOpen(): void {
    const database = openDatabase({ path, ...NOTES })
    open.push(database, Array.from(LARGE))
  }
  const { counters } = await expectCaught({ function: planted.name, file: import.meta.filename }, planted, {
    iterations: 48,
  })
  expect(counters).toContainEqual(expect.objectContaining({ counter: 'fds' }))
})

it('a database that stays open keeps nothing of what is written and read', async () => {
  const database = openNotes()
  onTestFinished(() => database.close())
  await expectClean(({ iteration }) => {
    database.transaction(() => database.run(INSERT, String(iteration)))
    database.all('SELECT * FROM notes ORDER BY rowid DESC LIMIT 10')
    expect(() => database.transaction(() => database.run('INSERT INTO nothing VALUES (1)'))).toThrow()
  })
})

it('listeners that never stop listening to a database are caught', async () => {
  const database = openNotes()
  const watch = new Watch(database)
  onTestFinished(() => {
    watch.close()
    database.close()
  })
  const planted = function listensForGood(): void {
    const seen: unknown[] = []
    watch.onChange(() => seen.push(0))
  }
  await expectCaught({ function: planted.name, file: import.meta.filename }, planted)
})
