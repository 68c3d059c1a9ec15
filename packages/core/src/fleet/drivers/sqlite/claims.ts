import { randomUUID } from 'node:crypto'
import type { Database } from '../../../sqlite/database.ts'
import { type ClaimPlan, type Planned, type PlannedLease, planClaim } from '../../claim-plan.ts'
import { type Guard, reasonsOf } from '../../guard.ts'
import type { Claim, ReclaimReason } from '../../records.ts'
import {
  type ClaimReply,
  type ClaimRequest,
  type ExpiredClaim,
  type ExpiredReply,
  reasonOfSilence,
} from '../../store.ts'
import { claimedEvent } from '../../store-events.ts'
import { CLAIM_LIMIT, HELD_LIMIT } from '../../store-limits.ts'
import type { Times } from '../../times.ts'
import { readGuard, writeGuard } from './guard-state.ts'
import { findLive, LEASE_COLUMNS, type LeaseRow, parentOf, refOf, toRecord } from './lease-rows.ts'
import { addEvent } from './outbox.ts'
import { type Due, endHolds, findDue, forgetHeld, heldLeases, holdBack, mendDeadlines, toHeld } from './silence.ts'
import { countLive } from './views.ts'

const LIVE_CHILDREN = `
  SELECT ${LEASE_COLUMNS} FROM leases
  WHERE parent_id = ? AND parent_epoch = ? AND phase IN ('starting', 'alive', 'draining') ORDER BY leases.seq`

const REASONS = { proven: 'process_gone', stalled: 'stalled', released: 'released' } as const

/** A row on its way into a claim plan. */
export interface Candidate extends PlannedLease {
  row: LeaseRow
}

export function claim(database: Database, request: ClaimRequest, times: Times): ClaimReply {
  const now = Math.floor(times.now)
  const { what, limit = CLAIM_LIMIT } = request
  if (what.by === 'expired') return claimExpired(database, { ...request, ...what, limit }, { now, wall: times.wall })
  const plan = planOf(database, what, limit)
  const claims = carryOut(database, plan, request, { now, wall: times.wall })
  return { now, claims, live: countLive(database), more: plan.fence.length > 0, held: [] }
}

/** What the next claim by expiry would take and hold: the tokens are empty, the records as they stand. */
export function expired(
  database: Database,
  { limit, guard }: { limit: number; guard?: Guard | undefined },
  now: number,
): ExpiredReply {
  const due = findDue(database, { guard, limit, now })
  const { take: planned } = planExpired(database, due, limit)
  return {
    claims: planned.map(one => Object.assign(toClaim(one, '', now), { agent: toRecord(one.lease.row) })),
    held: [...heldLeases(database, now), ...due.held.map(({ row, putOff }) => toHeld(row, putOff, now))].slice(
      0,
      HELD_LIMIT,
    ),
  }
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
  return ({ row }) => database.all<LeaseRow>(LIVE_CHILDREN, row.id, row.epoch).map(toCandidate)
}

/** Why a lease ended that fell silent. */
export function silence(row: LeaseRow): ReclaimReason {
  return reasonOfSilence({ lastBeat: row.last_beat })
}

function claimExpired(
  database: Database,
  { limit, guard, force = false, ...request }: ExpiredClaim & Omit<ClaimRequest, 'what'> & { limit: number },
  times: Times,
): ClaimReply {
  const { now, wall } = times
  mendDeadlines(database, now)
  if (force) endHolds(database, now)
  const before = readGuard(database, now)
  const due = findDue(database, { guard: force ? undefined : guard, limit, now })
  const plan = planExpired(database, due, limit)
  holdBack(database, due, now)
  const claims = carryOut(database, plan, request, times)
  const { judge } = due
  if (force) judge.dropHolds()
  else if (due.all) for (const reason of judge.endHolds()) forgetHeld(database, reason)
  writeGuard(database, before, judge.state, wall)
  const isHolding = reasonsOf(judge.state).length > 0
  const more = !due.all || plan.fence.length > 0
  return { now, claims, live: countLive(database), more, held: isHolding ? heldLeases(database, now) : [] }
}

function planExpired(database: Database, { fenced, silent }: Due, limit: number): ClaimPlan<Candidate> {
  const due = fenced.map(row => ({ lease: toCandidate(row), reason: row.reason ?? silence(row), depth: row.depth }))
  const ended = silent.map(row => ({ lease: toCandidate(row), reason: silence(row) }))
  return planClaim({ due, ended, childrenOf: childrenOf(database), limit })
}

function planOf(
  database: Database,
  what: Exclude<ClaimRequest['what'], ExpiredClaim>,
  limit: number,
): ClaimPlan<Candidate> {
  const refs = what.by === 'proven' ? what.refs : [what.ref]
  const live = refs.flatMap(ref => findLive(database, ref) ?? [])
  const meant = what.by === 'stalled' ? live.filter(row => row.stalled_at !== null) : live
  const ended = meant.map(row => ({ lease: toCandidate(row), reason: REASONS[what.by] }))
  return planClaim({ due: [], ended, childrenOf: childrenOf(database), limit })
}

function carryOut(
  database: Database,
  plan: ClaimPlan<Candidate>,
  request: Pick<ClaimRequest, 'holder' | 'claimTtl'>,
  times: Times,
): Claim[] {
  const claims = plan.take.map(planned => take(database, planned, request, times))
  for (const planned of plan.fence) fence(database, planned, times.now)
  return claims
}

function take(
  database: Database,
  planned: Planned<Candidate>,
  request: Pick<ClaimRequest, 'holder' | 'claimTtl'>,
  times: Times,
): Claim {
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
  const agent = toRecord(lease.row, { phase: 'reaping', reason, attempts: attempt })
  const lastSeen = lease.row.last_beat
  return {
    id: lease.id,
    epoch: lease.epoch,
    token,
    attempt,
    reason: agent === null ? 'corrupt_heartbeat' : reason,
    lastSeen,
    idleTime: lastSeen === null ? null : Math.max(0, now - lastSeen),
    depth,
    agent,
  }
}
