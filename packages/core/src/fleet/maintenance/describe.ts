import { statSync } from 'node:fs'
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
}

/**
 * Where a store is, how large, and of which version. Changes nothing, and also looks at a store of a newer Oakum.
 *
 * @throws OakumError STORE_UNKNOWN for a store without files, STORE_UNREADABLE, STORE_CORRUPT
 */
export function describeStore(url: string): StoreReport {
  return { directory: parseSqliteUrl(url).directory, files: storeFiles(url).map(describeFile) }
}

function describeFile(file: StoreFile): StoreFileReport {
  const { name, path, schema } = file
  // Before it is opened: what is made by opening it is not part of it.
  const bytes = [path, `${path}-wal`, `${path}-shm`].reduce((sum, part) => sum + sizeOf(part), 0)
  const version = withFile(file, database => database.get<{ user_version: number }>('PRAGMA user_version'))
  return { name, path, bytes, version: version?.user_version ?? 0, knownVersion: schema.migrations.length }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
