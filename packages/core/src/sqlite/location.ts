import { join, resolve } from 'node:path'
import { OakumError } from '../errors/error.ts'

/** Where a SQLite store lies: one folder, two files, and so two write locks. */
export interface SqliteLocation {
  directory: string
  fleet: string
  events: string
}

/** Reads `sqlite:DIR`. A relative folder counts from the current one. @throws STORE_UNKNOWN */
export function parseSqliteUrl(url: string): SqliteLocation {
  const directory = /^sqlite:(?!\/\/[^/])(?<directory>.+)$/s.exec(url)?.groups?.['directory']
  if (directory === undefined || directory === ':memory:' || directory.includes('\0')) {
    throw new OakumError(
      'STORE_UNKNOWN',
      `${url} names no folder: write sqlite:DIR, or memory: for a store without files.`,
      {
        facts: { url },
      },
    )
  }
  return sqliteLocation(directory)
}

/** The files of a store in a folder. */
export function sqliteLocation(directory: string): SqliteLocation {
  const folder = resolve(directory)
  return { directory: folder, fleet: join(folder, 'fleet.db'), events: join(folder, 'events.db') }
}
