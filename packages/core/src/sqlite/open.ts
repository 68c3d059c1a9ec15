import { DatabaseSync } from 'node:sqlite'
import { OakumError } from '../errors/error.ts'
import { retryBusy } from './busy.ts'
import { Database } from './database.ts'
import { storeError } from './errors.ts'
import { prepareFile } from './file.ts'
import { assertOurs, migrate, type Schema } from './migrate.ts'

export interface OpenDatabaseOptions extends Schema {
  /** The file; it and its folder are made when they are not there (0600, 0700). */
  path: string
  /**
   * Milliseconds to wait for another process's lock. The wait blocks the event loop, but writes are short: it only lasts
   * when a process is stopped or starved in the middle of one.
   * @default 5000
   */
  busyTimeout?: number
}

/**
 * Opens a database, makes it when it is not there, and brings it to the current version. Processes may do so at once.
 *
 * WAL with `synchronous = NORMAL`: a commit survives the death of any process; a power cut may undo the newest ones, but
 * never tears one apart.
 *
 * @throws STORE_UNREADABLE, STORE_CORRUPT, STORE_NEWER, STORE_FULL, STORE_BUSY; then nothing stays open.
 */
export function openDatabase(options: OpenDatabaseOptions): Database {
  const { path, busyTimeout = 5_000 } = options
  const database = new Database(connect(path), path, busyTimeout)
  try {
    database.exec(`PRAGMA busy_timeout = ${busyTimeout}`)
    // Looked at before anything is written: the file of another program must stay as it is.
    retryBusy(busyTimeout, () => assertOurs(database, options))
    useWal(database, busyTimeout)
    migrate(database, options)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** The WAL is cut back to this many bytes after a burst. */
const WAL_SIZE_LIMIT = 16 * 1024 * 1024

function connect(path: string): DatabaseSync {
  try {
    prepareFile(path)
    return new DatabaseSync(path)
  } catch (error) {
    throw storeError(error, path)
  }
}

function useWal(database: Database, busyTimeout: number): void {
  const reply = retryBusy(busyTimeout, () => database.get<{ journal_mode: string }>('PRAGMA journal_mode = WAL'))
  if (reply?.journal_mode !== 'wal') {
    const { path } = database
    throw new OakumError('STORE_UNREADABLE', `${path} lies on a file system that cannot share memory.`, {
      facts: { path },
    })
  }
  database.exec(`
    PRAGMA synchronous = NORMAL;
    PRAGMA foreign_keys = ON;
    PRAGMA journal_size_limit = ${WAL_SIZE_LIMIT};
  `)
}
