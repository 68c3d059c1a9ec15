import { randomUUID } from 'node:crypto'
import { type ClaimPlan, type Planned, planClaim } from '../../claim-plan.ts'
import { type Guard, noteSweep } from '../../guard.ts'
import type { Claim } from '../../records.ts'
import { PATH_KINDS, pathsBelow } from '../../resource-paths.ts'
import {
  type ClaimReply,
  type ClaimRequest,
  type ExpiredClaim,
  type ExpiredReply,
  type FailOptions,
  type FinishFacts,
  reasonOfSilence,
  type Standing,
} from '../../store.ts'
import {
  claimedEvent,
  type ClaimedLease,
  finishedEvent,
  holdEvents,
  quarantineAlert,
  quarantinedEvent,
} from '../../store-events.ts'
import { CLAIM_LIMIT, HELD_LIMIT } from '../../store-limits.ts'
import { type Lease, toRecord } from './lease.ts'
import { type DueLeases, endHolds, findDue, heldLeases, holdBack, toHeld } from './silence.ts'
import type { FleetState } from './state.ts'
import type { Times } from '../../times.ts'

const REASONS = { proven: 'process_gone', stalled: 'stalled', released: 'released' } as const

export function claim(state: FleetState, request: ClaimRequest, times: Times): ClaimReply {
  const { what, limit = CLAIM_LIMIT } = request
  if (what.by === 'expired') return claimExpired(state, { ...request, ...what, limit }, times)
  const plan = planOf(state, what, limit)
  const claims = carryOut(state, plan, request, times)
  return { now: times.now, claims, live: state.live, more: plan.fence.length > 0, held: [] }
}

/** What the next claim by expiry would take and hold: the tokens are empty, the records as they stand. */
export function expired(
  state: FleetState,
  { limit, guard }: { limit: number; guard?: Guard | undefined },
  now: number,
): ExpiredReply {
  const due = findDue(state, { guard, limit, now })
  const claims = planExpired(state, due, limit).take.map(({ lease, reason, depth }) => {
    const attempts = lease.attempts + 1
    return Object.assign(toClaim({ ...lease, reason, depth, attempts, token: '' }, now), { agent: toRecord(lease) })
  })
  const would = due.held.map(({ lease, putOff }) => toHeld(lease, putOff, now))
  return { claims, held: [...heldLeases(state, now), ...would].slice(0, HELD_LIMIT) }
}

export function renewClaims(state: FleetState, tokens: readonly string[], claimTtl: number, now: number): string[] {
  state.guard = noteSweep(state.guard, now)
  const lost: string[] = []
  for (const token of tokens) {
    const lease = state.byToken.get(token)
    if (lease === undefined) lost.push(token)
    else schedule(state, lease, now + claimTtl)
  }
  return lost
}

export function mayReclaim(state: FleetState, token: string, kind: string, key: string): Standing {
  const lease = state.byToken.get(token)
  if (lease === undefined) return 'lost'
  if (state.isShared(lease, kind, key)) return 'shared'
  const below = pathsBelow(kind, key)
  if (below === null) return 'free'
  if (PATH_KINDS.some(other => state.isShared(lease, other, key))) return 'shared'
  return state.isOccupied(lease, below.from) ? 'occupied' : 'free'
}

export function reclaimed(state: FleetState, token: string, kind: string, key: string): boolean {
  const lease = state.byToken.get(token)
  if (lease === undefined) return false
  state.disown(lease, kind, key)
  return true
}

export function finish(state: FleetState, token: string, facts: FinishFacts, { now, wall }: Times): boolean {
  const lease = state.byToken.get(token)
  if (lease === undefined) return false
  state.bury(lease, now)
  state.addEvent(finishedEvent(claimedLease(lease), facts, wall))
  return true
}

export function fail(
  state: FleetState,
  token: string,
  { error, maxAttempts, retryIn }: FailOptions,
  { now, wall }: Times,
): 'retry' | 'quarantined' | 'lost' {
  const lease = state.byToken.get(token)
  if (lease === undefined) return 'lost'
  setToken(state, lease, null)
  lease.error = error
  if (lease.attempts < maxAttempts) {
    schedule(state, lease, now + retryIn)
    return 'retry'
  }
  state.setPhase(lease, 'quarantined')
  state.addEvent(quarantinedEvent(claimedLease(lease), error, wall))
  state.addEvent(quarantineAlert(claimedLease(lease), error, wall))
  return 'quarantined'
}

/** From quarantine back to where the next sweep finds it. The attempts go on being counted. */
export function retry(state: FleetState, id: string | undefined, now: number): number {
  const found = [...state.quarantined].filter(lease => id === undefined || lease.id === id)
  for (const lease of found) {
    state.setPhase(lease, 'reaping')
    schedule(state, lease, now)
  }
  return found.length
}

/** Ends a live lease without a holder; the next claim by expiry takes it. */
export function fence(state: FleetState, { lease, reason, depth }: Planned<Lease>, now: number): void {
  end(state, lease, reason, depth)
  schedule(state, lease, now)
}

function claimExpired(
  state: FleetState,
  { limit, guard, force = false, ...request }: ExpiredClaim & Omit<ClaimRequest, 'what'> & { limit: number },
  times: Times,
): ClaimReply {
  const { now, wall } = times
  if (force) endHolds(state, now)
  const before = state.guard
  const due = findDue(state, { guard: force ? undefined : guard, limit, now })
  const plan = planExpired(state, due, limit)
  holdBack(state, due, now)
  const claims = carryOut(state, plan, request, times)
  const { judge } = due
  if (force) judge.dropHolds()
  else if (due.all) judge.endHolds()
  state.guard = judge.state
  for (const event of holdEvents(before, state.guard, wall)) state.addEvent(event)
  return { now, claims, live: state.live, more: !due.all || plan.fence.length > 0, held: heldLeases(state, now) }
}

function planExpired(state: FleetState, { fenced, silent }: DueLeases, limit: number): ClaimPlan<Lease> {
  const due = fenced.map(lease => ({ lease, reason: lease.reason ?? reasonOfSilence(lease), depth: lease.depth }))
  const ended = silent.map(lease => ({ lease, reason: reasonOfSilence(lease) }))
  return planClaim({ due, ended, childrenOf: state.liveChildren, limit })
}

function planOf(state: FleetState, what: Exclude<ClaimRequest['what'], ExpiredClaim>, limit: number): ClaimPlan<Lease> {
  const refs = what.by === 'proven' ? what.refs : [what.ref]
  const live = refs.flatMap(ref => state.findLive(ref) ?? [])
  const meant = what.by === 'stalled' ? live.filter(({ stalledAt }) => stalledAt !== null) : live
  const ended = meant.map(lease => ({ lease, reason: REASONS[what.by] }))
  return planClaim({ due: [], ended, childrenOf: state.liveChildren, limit })
}

function carryOut(
  state: FleetState,
  plan: ClaimPlan<Lease>,
  request: Pick<ClaimRequest, 'holder' | 'claimTtl'>,
  times: Times,
): Claim[] {
  const claims = plan.take.map(planned => take(state, planned, request, times))
  for (const planned of plan.fence) fence(state, planned, times.now)
  return claims
}

function take(
  state: FleetState,
  { lease, reason, depth }: Planned<Lease>,
  request: Pick<ClaimRequest, 'holder' | 'claimTtl'>,
  times: Times,
): Claim {
  if (lease.phase !== 'reaping') end(state, lease, reason, depth)
  lease.attempts += 1
  lease.holder = request.holder
  setToken(state, lease, randomUUID())
  schedule(state, lease, times.now + request.claimTtl)
  const event = claimedEvent(claimedLease(lease), times.wall)
  if (event !== null) state.addEvent(event)
  return toClaim(lease, times.now)
}

function end(state: FleetState, lease: Lease, reason: Claim['reason'], depth: number): void {
  state.setPhase(lease, 'reaping')
  lease.reason = reason
  lease.depth = depth
}

function schedule(state: FleetState, lease: Lease, at: number): void {
  lease.claimUntil = at
  state.due.add(lease)
}

function setToken(state: FleetState, lease: Lease, token: string | null): void {
  if (lease.token !== null) state.byToken.delete(lease.token)
  if (token !== null) state.byToken.set(token, lease)
  lease.token = token
}

function claimedLease(lease: Lease): ClaimedLease {
  const { id, epoch, attempts, holder, lastBeat } = lease
  return { id, epoch, reason: lease.reason ?? reasonOfSilence(lease), attempt: attempts, holder, lastSeen: lastBeat }
}

function toClaim(lease: Lease, now: number): Claim {
  const { id, epoch, token, attempts, depth, lastBeat, reason = reasonOfSilence(lease) } = lease
  const idleTime = lastBeat === null ? null : now - lastBeat
  const agent = toRecord(lease)
  return { id, epoch, token: token ?? '', attempt: attempts, reason, lastSeen: lastBeat, idleTime, depth, agent }
}
