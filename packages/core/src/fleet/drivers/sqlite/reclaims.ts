import type { Database } from '../../../sqlite/database.ts'
import { PATH_KINDS, pathsBelow } from '../../resource-paths.ts'
import type { FailOptions, FinishFacts, Standing } from '../../store.ts'
import { finishedEvent, type ClaimedLease, quarantineAlert, quarantinedEvent } from '../../store-events.ts'
import type { Times } from '../../times.ts'
import { silence } from './claims.ts'
import { noteWork } from './guard-state.ts'
import { LEASE_COLUMNS, type LeaseRow, refOf } from './lease-rows.ts'
import { addEvent } from './outbox.ts'
import { bury } from './tombstones.ts'

const HELD = `SELECT ${LEASE_COLUMNS} FROM leases WHERE token = ?`
const BY_OTHERS = `AND resources.lease <> ? AND leases.phase IN ('starting', 'alive', 'draining') LIMIT 1`
const OWNED = 'SELECT 1 FROM resources JOIN leases ON leases.seq = resources.lease WHERE'
const OWNED_BY_OTHERS = `${OWNED} resources.kind = ? AND resources.key = ? ${BY_OTHERS}`
const BELOW_OWNED_BY_OTHERS = `${OWNED} resources.kind = ? AND resources.key >= ? AND resources.key < ? ${BY_OTHERS}`

export function renewClaims(database: Database, tokens: readonly string[], claimTtl: number, now: number): string[] {
  noteWork(database, now)
  const until = now + Math.ceil(claimTtl)
  return tokens.filter(token => database.run('UPDATE leases SET due_at = ? WHERE token = ?', until, token) === 0)
}

export function mayReclaim(database: Database, token: string, kind: string, key: string): Standing {
  const row = findHeld(database, token)
  if (row === undefined) return 'lost'
  if (database.get(OWNED_BY_OTHERS, kind, key, row.seq) !== undefined) return 'shared'
  const below = pathsBelow(kind, key)
  if (below === null) return 'free'
  const { from, to } = below
  for (const other of PATH_KINDS) {
    if (database.get(OWNED_BY_OTHERS, other, key, row.seq) !== undefined) return 'shared'
    if (database.get(BELOW_OWNED_BY_OTHERS, other, from, to, row.seq) !== undefined) return 'occupied'
  }
  return 'free'
}

export function reclaimed(database: Database, token: string, kind: string, key: string): boolean {
  const row = findHeld(database, token)
  if (row === undefined) return false
  database.run('DELETE FROM resources WHERE lease = ? AND kind = ? AND key = ?', row.seq, kind, key)
  return true
}

export function finish(database: Database, token: string, facts: FinishFacts, times: Times): boolean {
  const row = findHeld(database, token)
  if (row === undefined) return false
  bury(database, row, Math.floor(times.now))
  addEvent(database, finishedEvent(claimedLease(row), facts, times.wall))
  return true
}

export function fail(
  database: Database,
  token: string,
  { error, maxAttempts, retryIn }: FailOptions,
  times: Times,
): 'retry' | 'quarantined' | 'lost' {
  const row = findHeld(database, token)
  if (row === undefined) return 'lost'
  if (row.attempts < maxAttempts) {
    const until = Math.floor(times.now) + Math.ceil(retryIn)
    database.run('UPDATE leases SET token = NULL, error = ?, due_at = ? WHERE seq = ?', error, until, row.seq)
    return 'retry'
  }
  const sql = `UPDATE leases SET phase = 'quarantined', token = NULL, error = ?, due_at = NULL WHERE seq = ?`
  database.run(sql, error, row.seq)
  addEvent(database, quarantinedEvent(claimedLease(row), error, times.wall))
  addEvent(database, quarantineAlert(claimedLease(row), error, times.wall))
  return 'quarantined'
}

/** From quarantine back to where the next sweep finds it. The attempts go on being counted. */
export function retry(database: Database, id: string | undefined, now: number): number {
  const all = `UPDATE leases SET phase = 'reaping', due_at = ? WHERE phase = 'quarantined'`
  return id === undefined ? database.run(all, now) : database.run(`${all} AND id = ?`, now, id)
}

function findHeld(database: Database, token: string): LeaseRow | undefined {
  return database.get<LeaseRow>(HELD, token)
}

function claimedLease(row: LeaseRow): ClaimedLease {
  const { reason, attempts: attempt, holder, last_beat: lastSeen } = row
  return { ...refOf(row), reason: reason ?? silence(row), attempt, holder, lastSeen }
}
