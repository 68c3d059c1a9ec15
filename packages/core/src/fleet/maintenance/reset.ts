/**
 * Empties a store in place.
 *
 * - Its files stay, and with them the connections of others: an agent that lives on is fenced at its next beat. Were the
 *   files removed, it would beat into a file that nobody sees.
 * - Numbers go on rising, so that whoever follows the store misses nothing of what comes then.
 * - Nothing is reclaimed: what the forgotten agents held stays where it is.
 */
import { OakumError } from '../../errors/error.ts'
import type { Database } from '../../sqlite/database.ts'
import { isBusy } from '../../sqlite/errors.ts'
import { assertOurs } from '../../sqlite/migrate.ts'
import { LIVE_PHASES } from '../records.ts'
import { storeFiles, withFile, type StoreFile } from './files.ts'

export interface ResetOptions {
  /** Also when agents live. @default false */
  force?: boolean
}

/** What went. */
export interface ResetReport {
  /** Agents in a live phase. */
  live: number
  /** Agents in any other: their lease had ended, and what they held was not reclaimed yet. */
  ended: number
  tombstones: number
  events: number
}

/** The clock that all leases are compared by; counts, which follow what they count; and what sweeps know of each other. */
const LASTING_TABLES: readonly string[] = ['boots', 'counts', 'guard']

/**
 * Forgets all agents, tombstones, kept processes and events of a store.
 *
 * @throws OakumError AGENT_EXISTS when agents live and `force` is not given, and then nothing has changed; STORE_UNKNOWN,
 *   STORE_UNREADABLE, STORE_CORRUPT, STORE_NEWER, STORE_BUSY
 */
export function resetStore(url: string, { force = false }: ResetOptions = {}): ResetReport {
  const report: ResetReport = { live: 0, ended: 0, tombstones: 0, events: 0 }
  for (const file of storeFiles(url)) {
    withFile(file, database => {
      assertOurs(database, file.schema)
      database.transaction(() => empty(database, file, force, report))
      shrink(database)
    })
  }
  return report
}

function empty(database: Database, { name }: StoreFile, force: boolean, report: ResetReport): void {
  if (name === 'events.db') {
    report.events = database.run('DELETE FROM events')
    return
  }
  for (const { name: counted, count } of database.all<{ name: string; count: number }>('SELECT * FROM counts')) {
    if (counted === 'tombstones') report.tombstones = count
    else report[isLive(counted) ? 'live' : 'ended'] += count
  }
  if (report.live > 0 && !force) {
    throw new OakumError('AGENT_EXISTS', `Agents are alive in this store: ${report.live}.`, {
      facts: { live: report.live },
    })
  }
  for (const { table } of database.all<{ table: string }>(TABLES, JSON.stringify(LASTING_TABLES))) {
    database.exec(`DELETE FROM "${table}"`)
  }
}

const TABLES = `SELECT name AS "table" FROM sqlite_schema
                WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'
                  AND name NOT IN (SELECT value FROM json_each(?))`

/** Gives the room back to the disk, unless somebody is at work: then it is used again. */
function shrink(database: Database): void {
  try {
    database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)')
  } catch (error) {
    if (!isBusy(error)) throw error
  }
}

function isLive(phase: string): boolean {
  return LIVE_PHASES.some(live => live === phase)
}
