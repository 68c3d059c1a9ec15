import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { openDatabase } from '../../src/sqlite/open.ts'
import { message, startProgram } from '../support/fixture-program.ts'
import { openFiles, temporaryFolder } from '../support/sqlite.ts'
import { NOTES } from './fixtures/schema.ts'

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)

it('makes the folder and the files for their owner alone', () => {
  const folder = join(temporaryFolder(), 'a', 'b')
  const path = join(folder, 'notes.db')
  using cleanup = new DisposableStack()
  const database = cleanup.adopt(openDatabase({ path, ...NOTES }), opened => opened.close())
  database.run('INSERT INTO notes (text) VALUES (?)', 'x')
  expect(mode(folder)).toBe('700')
  expect(readdirSync(folder).toSorted()).toEqual(['notes.db', 'notes.db-shm', 'notes.db-wal'])
  for (const file of readdirSync(folder)) expect([file, mode(join(folder, file))]).toEqual([file, '600'])
})

it('sets up WAL, synchronous NORMAL, foreign keys and the busy time-out', () => {
  const database = openDatabase({ path: join(temporaryFolder(), 'notes.db'), ...NOTES, busyTimeout: 1_234 })
  const pragma = (name: string): unknown => Object.values(database.get<object>(`PRAGMA ${name}`) ?? {})[0]
  expect(['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout'].map(pragma)).toEqual(['wal', 1, 1, 1_234])
  database.close()
})

it('brings an older file to the current version and keeps what it holds', () => {
  const path = join(temporaryFolder(), 'notes.db')
  const old = openDatabase({ path, ...NOTES, migrations: NOTES.migrations.slice(0, 1) })
  old.run('INSERT INTO notes (text) VALUES (?)', 'kept')
  old.close()
  const database = openDatabase({ path, ...NOTES })
  expect(database.all('SELECT text, tag FROM notes')).toEqual([{ text: 'kept', tag: null }])
  expect(database.get('PRAGMA user_version')).toEqual({ user_version: 2 })
  database.close()
})

it('leaves a file as it was when a migration fails', () => {
  const path = join(temporaryFolder(), 'notes.db')
  openDatabase({ path, ...NOTES }).close()
  const broken = [...NOTES.migrations, 'CREATE TABLE more (x); CREATE TABLE notes (y)']
  expect(() => openDatabase({ path, ...NOTES, migrations: broken })).toThrow('already exists')
  const database = openDatabase({ path, ...NOTES })
  expect(database.all('SELECT name FROM sqlite_schema WHERE type = ?', 'table')).toEqual([{ name: 'notes' }])
  database.close()
})

it('takes an empty file, as a process killed while making it leaves one', () => {
  const path = join(temporaryFolder(), 'notes.db')
  writeFileSync(path, '')
  const database = openDatabase({ path, ...NOTES })
  expect(database.all('SELECT * FROM notes')).toEqual([])
  database.close()
})

it('refuses a file from a newer version and says which', () => {
  const path = join(temporaryFolder(), 'notes.db')
  const newer = [...NOTES.migrations, 'CREATE TABLE future (x)']
  openDatabase({ path, ...NOTES, migrations: newer }).close()
  expect(() => openDatabase({ path, ...NOTES })).toThrow(
    expect.objectContaining({
      code: 'STORE_NEWER',
      message: expect.stringContaining('newer Oakum'),
      facts: { path, version: 3, known: 2 },
    }),
  )
  expect(openFiles(path)).toEqual([])
})

const otherProgram = (path: string, setup: string): void => {
  const other = new DatabaseSync(path)
  other.exec(setup)
  other.close()
}

it.each([
  ['without an application id', 'CREATE TABLE theirs (x)'],
  ['with one of its own', 'PRAGMA application_id = 77'],
  ['with a version of its own', 'PRAGMA user_version = 1'],
])('leaves the database of another program %s as it is', (_, setup) => {
  const path = join(temporaryFolder(), 'theirs.db')
  otherProgram(path, setup)
  const before = readFileSync(path)
  expect(() => openDatabase({ path, ...NOTES })).toThrow(
    expect.objectContaining({ code: 'STORE_CORRUPT', message: expect.stringContaining('is no store of Oakum’s') }),
  )
  expect(readFileSync(path).equals(before)).toBe(true)
  expect(existsSync(`${path}-wal`)).toBe(false)
})

it.each([
  ['no database at all', (path: string) => writeFileSync(path, 'hello')],
  ['a large file of something else', (path: string) => writeFileSync(path, 'x'.repeat(100_000))],
  [
    'a database with overwritten pages',
    (path: string) => {
      openDatabase({ path, ...NOTES }).close()
      writeFileSync(path, readFileSync(path).fill(0xff, 100, 4_096))
    },
  ],
])('refuses %s as corrupt, and keeps no descriptor', (_, make) => {
  const path = join(temporaryFolder(), 'notes.db')
  make(path)
  expect(() => openDatabase({ path, ...NOTES })).toThrow(
    expect.objectContaining({ code: 'STORE_CORRUPT', facts: { path }, message: expect.stringContaining(path) }),
  )
  expect(openFiles(path)).toEqual([])
})

it('refuses a folder in place of the file, and a path below a file', () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'folder.db'))
  writeFileSync(join(folder, 'file'), '')
  for (const path of [
    join(folder, 'folder.db'),
    join(folder, 'file', 'notes.db'),
    join(folder, 'file', 'x', 'notes.db'),
  ]) {
    expect(() => openDatabase({ path, ...NOTES })).toThrow(
      expect.objectContaining({ code: 'STORE_UNREADABLE', facts: { path }, message: expect.stringContaining(path) }),
    )
  }
})

it('refuses a folder that the system does not make', () => {
  for (const path of ['/proc/oakum/notes.db', '/proc/oakum/deeper/notes.db']) {
    expect(() => openDatabase({ path, ...NOTES })).toThrow(
      expect.objectContaining({ code: 'STORE_UNREADABLE', message: expect.stringContaining('/proc/oakum') }),
    )
  }
})

it('refuses a file that it may not read', () => {
  const path = join(temporaryFolder(), 'notes.db')
  openDatabase({ path, ...NOTES }).close()
  chmodSync(dirname(path), 0o755)
  chmodSync(path, 0o000)
  // No file is unreadable for root, so root is somebody else for a moment.
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.('nobody')
  try {
    expect(() => openDatabase({ path, ...NOTES })).toThrow(expect.objectContaining({ code: 'STORE_UNREADABLE' }))
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})

it('lets three processes make the same file at the same time, 10 times', async () => {
  const folder = temporaryFolder()
  const openers = [1, 2, 3].map(() => startProgram(new URL('fixtures/opener.ts', import.meta.url)))
  await Promise.all(openers.map(message))
  for (let round = 0; round < 10; round += 1) {
    const path = join(folder, `round-${round}`, 'notes.db')
    const at = Date.now() + 15
    const replies = openers.map(message)
    for (const [index, opener] of openers.entries()) opener.send({ path, at, text: `by ${index}` })
    expect(await Promise.all(replies)).toEqual(['opened', 'opened', 'opened'])
    const database = openDatabase({ path, ...NOTES })
    expect(database.all('SELECT text FROM notes ORDER BY text')).toHaveLength(3)
    database.close()
  }
})

it('holds no descriptor after 50 times open and close', () => {
  const folder = temporaryFolder()
  for (let cycle = 0; cycle < 50; cycle += 1) {
    const database = openDatabase({ path: join(folder, 'notes.db'), ...NOTES })
    database.run('INSERT INTO notes (text) VALUES (?)', `cycle ${cycle}`)
    expect(openFiles(folder)).not.toEqual([])
    database.close()
  }
  expect(openFiles(folder)).toEqual([])
})
