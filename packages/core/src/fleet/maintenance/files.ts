import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { EVENTS_SCHEMA } from '../../events/drivers/sqlite/schema.ts'
import { Database } from '../../sqlite/database.ts'
import { storeError } from '../../sqlite/errors.ts'
import { parseSqliteUrl } from '../../sqlite/location.ts'
import type { Schema } from '../../sqlite/migrate.ts'
import { FLEET_SCHEMA } from '../drivers/sqlite/schema.ts'

/** A file of a store. */
export interface StoreFile {
  name: 'fleet.db' | 'events.db'
  path: string
  schema: Schema
}

/** Milliseconds to wait for another process's write. */
const BUSY_TIMEOUT = 5_000

/**
 * The files of a store that are there, those of the fleet first.
 *
 * @throws STORE_UNKNOWN for a store without files
 */
export function storeFiles(url: string): StoreFile[] {
  const { fleet, events } = parseSqliteUrl(url)
  const files: StoreFile[] = [
    { name: 'fleet.db', path: fleet, schema: FLEET_SCHEMA },
    { name: 'events.db', path: events, schema: EVENTS_SCHEMA },
  ]
  return files.filter(({ path }) => existsSync(path))
}

/** Opens a file as it is, for one piece of work: it is neither made nor brought to the current version. */
export function withFile<T>({ path }: StoreFile, work: (database: Database) => T): T {
  let connection: DatabaseSync
  try {
    connection = new DatabaseSync(path, { timeout: BUSY_TIMEOUT })
  } catch (error) {
    throw storeError(error, path)
  }
  const database = new Database(connection, path, BUSY_TIMEOUT)
  try {
    return work(database)
  } finally {
    database.close()
  }
}
