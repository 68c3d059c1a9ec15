import type { Database } from '../../../sqlite/database.ts'
import { LATEST_EPOCH, LATEST_TIME } from '../../epoch.ts'
import type { ReclaimReason, Tombstone } from '../../records.ts'
import { TOMBSTONE_AGE, TOMBSTONE_BATCH, TOMBSTONE_LIMIT } from '../../store-limits.ts'
import type { LeaseRow } from './lease-rows.ts'
import { counts } from './views.ts'

/** Removes a lease with all that it holds, and leaves a tombstone. */
export function bury(database: Database, row: LeaseRow, now: number): void {
  database.run('DELETE FROM leases WHERE seq = ?', row.seq)
  database.run(
    `INSERT INTO tombstones (id, epoch, reason, host, registered_at, last_beat, ended_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    row.id,
    row.epoch,
    row.reason ?? 'released',
    row.host,
    row.registered_at,
    row.last_beat,
    now,
  )
  prune(database, now)
}

/** The newest epoch that a tombstone remembers of an id, 0 when none does. */
export function newestEnded(database: Database, id: string): number {
  return database.get<{ epoch: number | null }>(NEWEST_ENDED, id)?.epoch ?? 0
}

/** Newest first. Those that are damaged are left out. */
export function tombstones(database: Database, id: string | undefined, limit: number): Tombstone[] {
  const rows =
    id === undefined
      ? database.all<TombstoneRow>(
          `SELECT ${COLUMNS} FROM tombstones WHERE ${READABLE} ORDER BY number DESC LIMIT ?`,
          limit,
        )
      : database.all<TombstoneRow>(
          `SELECT ${COLUMNS} FROM tombstones WHERE id = ? AND ${READABLE} ORDER BY epoch DESC LIMIT ?`,
          id,
          limit,
        )
  return rows.map(row => ({
    id: row.id,
    epoch: String(row.epoch),
    reason: row.reason,
    host: row.host,
    registeredAt: row.registered_at,
    lastBeat: row.last_beat,
    endedAt: row.ended_at,
  }))
}

const COLUMNS = 'id, epoch, reason, host, registered_at, last_beat, ended_at'
const POSSIBLE = `epoch BETWEEN 1 AND ${LATEST_EPOCH}`
const NEWEST_ENDED = `SELECT max(epoch) AS epoch FROM tombstones WHERE id = ? AND ${POSSIBLE}`
/** A number that JavaScript cannot hold would make the whole list fail. */
const READABLE = `${POSSIBLE} AND registered_at BETWEEN 0 AND ${LATEST_TIME} AND ended_at BETWEEN 0 AND ${LATEST_TIME}
  AND (last_beat IS NULL OR last_beat BETWEEN 0 AND ${LATEST_TIME})`

interface TombstoneRow {
  id: string
  epoch: number
  reason: ReclaimReason
  host: string
  registered_at: number
  last_beat: number | null
  ended_at: number
}

/** Looks at the oldest few alone: each lease that ends pays for those that are forgotten. */
function prune(database: Database, now: number): void {
  const excess = counts(database).tombstones - TOMBSTONE_LIMIT
  if (excess > 0) {
    const sql = 'DELETE FROM tombstones WHERE number IN (SELECT number FROM tombstones ORDER BY number LIMIT ?)'
    database.run(sql, Math.min(excess, TOMBSTONE_BATCH))
  }
  database.run(
    `DELETE FROM tombstones WHERE ended_at <= ?
       AND number IN (SELECT number FROM tombstones ORDER BY number LIMIT ?)`,
    now - TOMBSTONE_AGE,
    TOMBSTONE_BATCH,
  )
}
