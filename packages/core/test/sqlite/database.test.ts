import { once } from 'node:events'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import type { Database } from '../../src/sqlite/database.ts'
import { openDatabase } from '../../src/sqlite/open.ts'
import { message, startProgram } from '../support/fixture-program.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { NOTES } from './fixtures/schema.ts'

let path: string
let database: Database

beforeEach(() => {
  path = join(temporaryFolder(), 'notes.db')
  database = openDatabase({ path, ...NOTES, busyTimeout: 100 })
  onTestFinished(() => database.close())
})

const add = (text: string): number => database.run('INSERT INTO notes (text) VALUES (?)', text)
const texts = (): string[] => database.all<{ text: string }>('SELECT text FROM notes ORDER BY id').map(row => row.text)

it('runs, gets and lists with values by order and by name', () => {
  expect(add('a')).toBe(1)
  expect(database.run('INSERT INTO notes (text, tag) VALUES (:text, :tag)', { text: 'b', tag: 't' })).toBe(1)
  expect(database.get('SELECT text FROM notes WHERE tag = ?', 't')).toEqual({ text: 'b' })
  expect(database.get('SELECT text FROM notes WHERE tag = ?', 'none')).toBeUndefined()
  expect(database.run('UPDATE notes SET tag = NULL')).toBe(2)
  expect(texts()).toEqual(['a', 'b'])
})

it('commits a transaction as a whole and returns what its function returned', () => {
  expect(database.transaction(() => add('a') + add('b'))).toBe(2)
  expect(texts()).toEqual(['a', 'b'])
})

it('undoes a transaction whose function throws, and passes the error on', () => {
  const failure = new Error('no')
  const attempt = (): void =>
    database.transaction(() => {
      add('a')
      throw failure
    })
  expect(attempt).toThrow(failure)
  expect(texts()).toEqual([])
  database.transaction(() => add('b'))
  expect(texts()).toEqual(['b'])
})

it('refuses a transaction inside another, and an asynchronous one, and undoes them', () => {
  expect(() => database.transaction(() => database.transaction(() => add('a')))).toThrow('inside another')
  expect(() => database.transaction(async () => add('a'))).toThrow('asynchronous')
  expect(texts()).toEqual([])
})

it('leaves errors that are not about the store to the driver', () => {
  add('a')
  expect(() => add('a')).toThrow('UNIQUE constraint failed')
  expect(() => add('a')).not.toThrow(expect.objectContaining({ code: expect.stringContaining('STORE_') }))
})

it('says STORE_BUSY when another process keeps the lock, without having called the function', async () => {
  const holder = startProgram(new URL('fixtures/holder.ts', import.meta.url), path)
  await message(holder)
  let called = false
  const attempt = (): unknown => database.transaction(() => (called = true))
  expect(attempt).toThrow(expect.objectContaining({ code: 'STORE_BUSY', facts: { path } }))
  expect(called).toBe(false)

  const exit = once(holder, 'exit')
  holder.send('let go')
  await exit
  database.transaction(() => add('mine'))
  expect(texts()).toEqual(['held', 'mine'])
})

it('waits for a lock that is given back in time', async () => {
  database.exec('PRAGMA busy_timeout = 100000')
  const holder = startProgram(new URL('fixtures/holder.ts', import.meta.url), path)
  await message(holder)
  holder.send('let go')
  database.transaction(() => add('mine'))
  expect(texts()).toEqual(['held', 'mine'])
})

it('says STORE_FULL when there is no room, undoes the transaction, and works again when there is', () => {
  add('first')
  const pages = database.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0
  database.exec(`PRAGMA max_page_count = ${pages + 2}`)
  const fill = (): void =>
    database.transaction(() => {
      for (let index = 0; index < 100; index += 1) add(`${index} ${'x'.repeat(1_000)}`)
    })
  expect(fill).toThrow(expect.objectContaining({ code: 'STORE_FULL', facts: { path } }))
  expect(texts()).toEqual(['first'])
  database.exec('PRAGMA max_page_count = 100000')
  fill()
  expect(texts()).toHaveLength(101)
})

it('says STORE_CLOSED after close, which may be called again', () => {
  add('a')
  database.close()
  database.close()
  expect(database.isOpen).toBe(false)
  for (const attempt of [
    () => add('b'),
    texts,
    () => database.exec('SELECT 1'),
    () => database.transaction(() => {}),
  ]) {
    expect(attempt).toThrow(expect.objectContaining({ code: 'STORE_CLOSED', facts: { path } }))
  }
})

it.each([
  ['a table', 'DROP TABLE notes'],
  ['a column', 'ALTER TABLE notes RENAME COLUMN text TO other'],
])('says that the store is corrupt when %s is missing', (_what, damage) => {
  database.exec(damage)
  const corrupt = expect.objectContaining({ code: 'STORE_CORRUPT', facts: { path } })
  expect(texts).toThrow(corrupt)
  expect(() => add('a')).toThrow(corrupt)
  expect(() => database.run('UPDATE notes SET text = NULL')).toThrow(corrupt)
})
