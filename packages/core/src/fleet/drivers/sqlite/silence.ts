/**
 * What ended by silence, as far as the guard believes it.
 *
 * Invariants:
 * - A claim looks at no more leases than it may take. Those that the guard holds have their deadlines put off, so that they do
 *   not stand in the way of the next claim.
 * - Hosts are compared only when something would be claimed for silence, and by what is silent, not by what lives.
 * - A deadline that cannot be is put right: no damage keeps a lease from ever being looked at.
 */
import type { Database } from '../../../sqlite/database.ts'
import {
  BELIEVE_ALL,
  CROWD,
  type Guard,
  type HeldLease,
  type HoldReason,
  type HostSurvey,
  Judge,
  type PutOff,
} from '../../guard.ts'
import { HELD_LIMIT, LONGEST_LEASE } from '../../store-limits.ts'
import { isLive, LEASE_COLUMNS, type LeaseRow, refOf } from './lease-rows.ts'
import { readGuard } from './guard-state.ts'

/** What is due, as a claim by expiry would deal with it now. */
export interface Due {
  judge: Judge
  /** Leases that had ended before. */
  fenced: LeaseRow[]
  /** Live leases that end for silence. */
  silent: LeaseRow[]
  /** Live leases that are held. */
  held: { row: LeaseRow; putOff: PutOff }[]
  /** Whether that is all that is due. */
  all: boolean
}

export function findDue(
  database: Database,
  { guard = BELIEVE_ALL, limit, now }: { guard?: Guard | undefined; limit: number; now: number },
): Due {
  const judge = new Judge(readGuard(database, now), { guard, now, survey: () => surveyHosts(database, now) })
  const due: Due = { judge, fenced: [], silent: [], held: [], all: true }
  const rows = database.all<LeaseRow>(DUE, now, limit)
  for (const row of rows) {
    if (!isLive(row)) {
      due.fenced.push(row)
      continue
    }
    const putOff = judge.judge({ host: row.host, leaseTtl: row.lease_ttl, putOff: isPutOff(row, now) })
    if (putOff === null) due.silent.push(row)
    else due.held.push({ row, putOff })
  }
  due.all = rows.length < limit
  return due
}

/** Puts the deadlines of held leases off, and remembers which hosts are silent. */
export function holdBack(database: Database, { held, judge }: Pick<Due, 'held' | 'judge'>, now: number): void {
  for (const { row, putOff } of held) {
    const sql = 'UPDATE leases SET due_at = ?, put_off_at = ?, put_off_by = ? WHERE seq = ?'
    database.run(sql, putOff.until, now, putOff.reason, row.seq)
  }
  if (judge.surveyed !== null) markSilentHosts(database, judge.surveyed, now)
}

/** Ends every hold: what is held is due at once. */
export function endHolds(database: Database, now: number): void {
  database.run(
    `UPDATE leases SET due_at = min(due_at, ?)
     WHERE put_off_at IS NOT NULL AND phase IN ('starting', 'alive', 'draining') AND put_off_at > ${HEARD_AT}`,
    now,
    now,
  )
  database.run('UPDATE leases SET put_off_at = NULL, put_off_by = NULL WHERE put_off_at IS NOT NULL')
}

/** Nothing is held for that reason any more: whoever was, was heard of or claimed. */
export function forgetHeld(database: Database, reason: HoldReason): void {
  database.run(
    'UPDATE leases SET put_off_at = NULL, put_off_by = NULL WHERE put_off_at IS NOT NULL AND put_off_by = ?',
    reason,
  )
}

/** What is held now, first what is held for the shortest; of those alike, who registered first. */
export function heldLeases(database: Database, now: number): HeldLease[] {
  const rows = database.all<LeaseRow>(HELD, now, now, HELD_LIMIT)
  return rows.flatMap(row => {
    const { put_off_by: reason, due_at: until } = row
    return reason === null || until === null ? [] : [toHeld(row, { reason, until }, now)]
  })
}

export function toHeld(row: LeaseRow, { reason, until }: PutOff, now: number): HeldLease {
  const { host, last_beat: lastSeen } = row
  const idleTime = lastSeen === null ? null : Math.max(0, now - lastSeen)
  return { ...refOf(row), reason, host, lastSeen, idleTime, until }
}

/**
 * A deadline that is missing, or further away than any lease or claim is long, comes of damage. A lease that may still be
 * beaten for gets a whole lease again, and anything else is due now.
 */
export function mendDeadlines(database: Database, now: number): void {
  database.run(
    `UPDATE leases SET due_at = ? WHERE due_at IS NULL AND phase <> 'quarantined'`,
    now + LONGEST_LEASE + 1, // the same damage as the next one
  )
  for (;;) {
    const last = database.get<LeaseRow>(LAST_DUE, now)
    if (last === undefined || last.due_at === null) return
    const renewable = isLive(last) && last.lease_ttl > 0 && last.lease_ttl <= LONGEST_LEASE
    const longest = renewable && last.put_off_at === null ? last.lease_ttl : LONGEST_LEASE
    if (last.due_at <= now + longest) return
    database.run(MEND_LAST_DUE, renewable ? now + last.lease_ttl : now, now)
  }
}

/** When a lease was heard of; a beat from the future comes of damage, and is none. */
const HEARD_AT = 'iif(last_beat <= ?, last_beat, registered_at)'

const DUE = `
  SELECT ${LEASE_COLUMNS} FROM leases WHERE due_at <= ? ORDER BY leases.due_at, leases.depth DESC, leases.seq LIMIT ?`
const LAST_DUE = `SELECT ${LEASE_COLUMNS} FROM leases WHERE due_at > ? ORDER BY leases.due_at DESC LIMIT 1`
/** Finds the lease again by itself: its number may be the damage, and then would find none, for ever. */
const MEND_LAST_DUE = `
  UPDATE leases SET due_at = ? WHERE seq = (SELECT seq FROM leases WHERE due_at > ? ORDER BY due_at DESC LIMIT 1)`
const HELD = `
  SELECT ${LEASE_COLUMNS} FROM leases
  WHERE put_off_at IS NOT NULL AND phase IN ('starting', 'alive', 'draining') AND due_at > ? AND put_off_at > ${HEARD_AT}
  ORDER BY leases.due_at, leases.seq LIMIT ?`

function isPutOff(row: LeaseRow, now: number): boolean {
  const { last_beat: lastBeat, registered_at: registeredAt, put_off_at: putOffAt } = row
  return putOffAt !== null && putOffAt > (lastBeat !== null && lastBeat <= now ? lastBeat : registeredAt)
}

const SILENT_HOSTS = `
  SELECT hosts.host, max(leases.lease_ttl) AS lease FROM leases JOIN hosts ON hosts.host = leases.host
  WHERE leases.due_at <= ? AND leases.phase IN ('starting', 'alive', 'draining')
  GROUP BY hosts.host HAVING count(*) = hosts.live`

// As with leases, a number that JavaScript cannot hold must not make a sweep fail.
const LIVE_HOSTS = `SELECT max(0, min(hosts, ${Number.MAX_SAFE_INTEGER})) AS live FROM guard`
const MARKED_HOSTS = 'SELECT count(*) AS count FROM hosts WHERE silent_at IS NOT NULL'

function surveyHosts(database: Database, now: number): HostSurvey | null {
  const { live: known = 0 } = database.get<{ live: number }>(LIVE_HOSTS) ?? {}
  const { count: marked = 0 } = database.get<{ count: number }>(MARKED_HOSTS) ?? {}
  if (known + marked < CROWD) return null
  const silent = database.all<{ host: string; lease: number }>(SILENT_HOSTS, now)
  const lease = Math.max(0, ...silent.map(found => found.lease))
  if (lease === 0) return null
  const sql = 'SELECT host, live = 0 AS empty FROM hosts WHERE silent_at > ?'
  const before = database.all<{ host: string; empty: 0 | 1 }>(sql, now - lease)
  return {
    hosts: known + before.filter(({ empty }) => empty === 1).length,
    silent: new Set([...silent, ...before].map(({ host }) => host)),
    now: silent.map(({ host }) => host),
    lease,
  }
}

function markSilentHosts(database: Database, survey: HostSurvey, now: number): void {
  for (const host of survey.now) database.run('UPDATE hosts SET silent_at = ? WHERE host = ?', now, host)
  database.run('DELETE FROM hosts WHERE live = 0 AND silent_at <= ?', now - survey.lease)
}
