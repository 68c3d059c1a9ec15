import { statSync } from 'node:fs'
import type { Database } from '../../sqlite/database.ts'
import { parseSqliteUrl } from '../../sqlite/location.ts'
import { storeFiles, withFile, type StoreFile } from './files.ts'

export interface StoreFileReport {
  name: string
  path: string
  /** Of the file and what SQLite keeps beside it, in bytes. */
  bytes: number
  /** The version of its tables, and the newest that this Oakum knows. */
  version: number
  knownVersion: number
}

export interface StoreReport {
  /** The store's folder, as an absolute path. */
  directory: string
  /** None when there is no store. */
  files: StoreFileReport[]
  /** Of the log; null when there is none, or when it is of another version. Times in milliseconds since 1970. */
  events: { count: number; oldest: number | null; newest: number | null } | null
}

/**
 * Where a store is, how large, and of which version. Changes nothing, and also looks at a store of a newer Oakum.
 *
 * @throws OakumError STORE_UNKNOWN for a store without files, STORE_UNREADABLE, STORE_CORRUPT
 */
export function describeStore(url: string): StoreReport {
  const files = storeFiles(url)
  const log = files.find(({ name }) => name === 'events.db')
  return {
    directory: parseSqliteUrl(url).directory,
    files: files.map(describeFile),
    events: log === undefined ? null : withFile(log, database => countEvents(database, log)),
  }
}

function countEvents(database: Database, { schema }: StoreFile): StoreReport['events'] {
  if (versionOf(database) !== schema.migrations.length) return null
  // Each a subquery of its own: each is then read off an index.
  const sql = `SELECT (SELECT count(*) FROM events) AS count, (SELECT min(time) FROM events) AS oldest,
                      (SELECT max(time) FROM events) AS newest`
  return database.get<NonNullable<StoreReport['events']>>(sql) ?? null
}

function describeFile(file: StoreFile): StoreFileReport {
  const { name, path, schema } = file
  // Before it is opened: what is made by opening it is not part of it.
  const bytes = [path, `${path}-wal`, `${path}-shm`].reduce((sum, part) => sum + sizeOf(part), 0)
  return { name, path, bytes, version: withFile(file, versionOf), knownVersion: schema.migrations.length }
}

function versionOf(database: Database): number {
  return database.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
