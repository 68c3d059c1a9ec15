import type { Database } from '../../../sqlite/database.ts'
import { epochNumber } from '../../epoch.ts'
import { lookAgainAt } from '../../progress/look.ts'
import type { AgentRecord, LeaseRef } from '../../records.ts'
import type { StalledRequest } from '../../store.ts'
import { stalledEvent } from '../../store-events.ts'
import type { Times } from '../../times.ts'
import { isLive, LEASE_COLUMNS, type LeaseRow, refOf, toRecord } from './lease-rows.ts'
import { addEvent, capOutbox } from './outbox.ts'

const TO_LOOK_AT = `SELECT ${LEASE_COLUMNS} FROM leases WHERE (stalled_at IS NULL) = 1 AND progress_due_at <= ? LIMIT ?`
const TO_JUDGE = `SELECT ${LEASE_COLUMNS} FROM leases WHERE (stalled_at IS NULL) = 0 AND progress_due_at <= ? LIMIT ?`

/** Whether `stalled` has anything to do. Most often it has not, and need not write. */
export function anyStalled(database: Database, { judgeFor }: StalledRequest, now: number): boolean {
  const due = database.get(TO_LOOK_AT, now, 1) !== undefined
  return due || (judgeFor !== undefined && database.get(TO_JUDGE, now, 1) !== undefined)
}

export function stalled(database: Database, { limit, judgeFor }: StalledRequest, times: Times): AgentRecord[] {
  const now = Math.floor(times.now)
  for (const row of database.all<LeaseRow>(TO_LOOK_AT, now, limit)) look(database, row, { now, wall: times.wall })
  capOutbox(database)
  if (judgeFor === undefined) return []
  const rows = database.all<LeaseRow>(TO_JUDGE, now, limit)
  return rows.flatMap(row => {
    const record = isLive(row) ? toRecord(row) : null
    lookAt(database, row, record === null ? null : now + Math.ceil(judgeFor))
    return record ?? []
  })
}

export function settleStalled(database: Database, ref: LeaseRef, { stop }: { stop: boolean }, now: number): boolean {
  const sql = `
    UPDATE leases SET progress_due_at = NULL, stop_requested_at = coalesce(stop_requested_at, ?)
    WHERE id = ? AND epoch = ? AND stalled_at IS NOT NULL AND phase IN ('starting', 'alive', 'draining')`
  return database.run(sql, stop ? now : null, ref.id, epochNumber(ref.epoch)) > 0
}

function look(database: Database, row: LeaseRow, { now, wall }: Times): void {
  const { progress_timeout: progressTimeout, progress_at: progressAt, registered_at: registeredAt } = row
  if (progressTimeout === null || !isLive(row)) return lookAt(database, row, null)
  const seen = { progressTimeout, progressAt, registeredAt, lastBeat: row.last_beat, leaseTtl: row.lease_ttl }
  const again = lookAgainAt(seen, now)
  if (again !== null) return lookAt(database, row, again)
  database.run('UPDATE leases SET stalled_at = ?, progress_due_at = ? WHERE seq = ?', now, now, row.seq)
  addEvent(database, stalledEvent(refOf(row), now - (progressAt ?? registeredAt), wall))
}

function lookAt(database: Database, { seq }: LeaseRow, at: number | null): void {
  database.run('UPDATE leases SET progress_due_at = ? WHERE seq = ?', at, seq)
}
