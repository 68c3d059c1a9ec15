/**
 * What the SQLite drivers share: opening, migrating, transactions, errors, and seeing what other processes changed.
 * Internal to core.
 * @module
 */
export { Database, type Parameters } from './database.ts'
export { openDatabase, type OpenDatabaseOptions } from './open.ts'
export { Watch, type WatchOptions } from './watch.ts'
export { parseSqliteUrl, sqliteLocation, type SqliteLocation } from './location.ts'
