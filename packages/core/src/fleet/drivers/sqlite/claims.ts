import { randomUUID } from 'node:crypto'
import type { Database } from '../../../sqlite/database.ts'
import { type ClaimPlan, type Planned, type PlannedLease, planClaim } from '../../claim-plan.ts'
import type { Claim, ReclaimReason } from '../../records.ts'
import { type ClaimReply, type ClaimRequest, reasonOfSilence } from '../../store.ts'
import { claimedEvent } from '../../store-events.ts'
import { CLAIM_LIMIT } from '../../store-limits.ts'
import type { Times } from '../../times.ts'
import { findLive, isLive, type LeaseRow, parentOf, refOf, toRecord } from './lease-rows.ts'
import { addEvent } from './outbox.ts'
import { countLive } from './views.ts'

const REASONS = { proven: 'process_gone', stalled: 'stalled', released: 'released' } as const

/** A row on its way into a claim plan. */
export interface Candidate extends PlannedLease {
  row: LeaseRow
}

export function claim(database: Database, request: ClaimRequest, times: Times): ClaimReply {
  const now = Math.floor(times.now)
  const plan = planOf(database, request.what, request.limit ?? CLAIM_LIMIT, now)
  const claims = plan.take.map(planned => take(database, planned, request, { now, wall: times.wall }))
  for (const planned of plan.fence) fence(database, planned, now)
  return { now, claims, live: countLive(database) }
}

/** What the next claim by expiry would take: the tokens are empty, the records as they stand. */
export function expired(database: Database, limit: number, now: number): Claim[] {
  const { take: planned } = planOf(database, { by: 'expired' }, limit, now)
  return planned.map(one => Object.assign(toClaim(one, '', now), { agent: toRecord(one.lease.row) }))
}

/** Ends a live lease without a holder; the next claim by expiry takes it. */
export function fence(database: Database, { lease, reason, depth }: Planned<Candidate>, now: number): void {
  database.run(
    `UPDATE leases SET phase = 'reaping', reason = ?, depth = ?, due_at = ? WHERE seq = ?`,
    reason,
    depth,
    now,
    lease.row.seq,
  )
}

export function toCandidate(row: LeaseRow): Candidate {
  return { ...refOf(row), parent: parentOf(row), row }
}

export function childrenOf(database: Database): (lease: Candidate) => Candidate[] {
  return ({ row }) =>
    database
      .all<LeaseRow>(
        `SELECT * FROM leases
         WHERE parent_id = ? AND parent_epoch = ? AND phase IN ('starting', 'alive', 'draining') ORDER BY seq`,
        row.id,
        row.epoch,
      )
      .map(toCandidate)
}

/** Why a lease ended that fell silent. */
export function silence(row: LeaseRow): ReclaimReason {
  return reasonOfSilence({ lastBeat: row.last_beat })
}

function planOf(database: Database, what: ClaimRequest['what'], limit: number, now: number): ClaimPlan<Candidate> {
  const children = childrenOf(database)
  if (what.by === 'expired') {
    const rows = selectDue(database, limit, now)
    const due = rows
      .filter(row => !isLive(row))
      .map(row => ({ lease: toCandidate(row), reason: row.reason ?? silence(row), depth: row.depth }))
    const ended = rows.filter(isLive).map(row => ({ lease: toCandidate(row), reason: silence(row) }))
    return planClaim({ due, ended, childrenOf: children, limit })
  }
  const refs = what.by === 'proven' ? what.refs : [what.ref]
  const live = refs.flatMap(ref => findLive(database, ref) ?? [])
  const meant = what.by === 'stalled' ? live.filter(row => row.stalled_at !== null) : live
  const ended = meant.map(row => ({ lease: toCandidate(row), reason: REASONS[what.by] }))
  return planClaim({ due: [], ended, childrenOf: children, limit })
}

function selectDue(database: Database, limit: number, now: number): LeaseRow[] {
  const sql = 'SELECT * FROM leases WHERE due_at <= ? ORDER BY due_at, depth DESC, seq LIMIT ?'
  return database.all<LeaseRow>(sql, now, limit)
}

function take(database: Database, planned: Planned<Candidate>, request: ClaimRequest, times: Times): Claim {
  const until = times.now + Math.ceil(request.claimTtl)
  const taken = toClaim(planned, randomUUID(), times.now)
  database.run(
    `UPDATE leases SET phase = 'reaping', reason = ?, depth = ?, attempts = ?, token = ?, holder = ?, due_at = ?
     WHERE seq = ?`,
    taken.reason,
    taken.depth,
    taken.attempt,
    taken.token,
    request.holder,
    until,
    planned.lease.row.seq,
  )
  const event = claimedEvent({ ...taken, holder: request.holder }, times.wall)
  if (event !== null) addEvent(database, event)
  return taken
}

/** The claim on a lease that is about to be taken. A record that cannot be read is told by its reason. */
function toClaim({ lease, reason, depth }: Planned<Candidate>, token: string, now: number): Claim {
  const attempt = lease.row.attempts + 1
  const agent = toRecord({ ...lease.row, phase: 'reaping', reason, attempts: attempt })
  const lastSeen = lease.row.last_beat
  return {
    id: lease.id,
    epoch: lease.epoch,
    token,
    attempt,
    reason: agent === null ? 'corrupt_heartbeat' : reason,
    lastSeen,
    idleTime: lastSeen === null ? null : now - lastSeen,
    depth,
    agent,
  }
}
