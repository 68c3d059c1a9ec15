import { randomUUID } from 'node:crypto'
import { type ClaimPlan, type Planned, planClaim } from '../../claim-plan.ts'
import type { Claim } from '../../records.ts'
import { PATH_KINDS, pathsBelow } from '../../resource-paths.ts'
import {
  type ClaimReply,
  type ClaimRequest,
  type FailOptions,
  type FinishFacts,
  reasonOfSilence,
  type Standing,
} from '../../store.ts'
import { claimedEvent, finishedEvent, type HeldLease, quarantinedEvent } from '../../store-events.ts'
import { CLAIM_LIMIT } from '../../store-limits.ts'
import { type Lease, toRecord } from './lease.ts'
import type { FleetState } from './state.ts'
import type { Times } from '../../times.ts'

const REASONS = { proven: 'process_gone', stalled: 'stalled', released: 'released' } as const

export function claim(state: FleetState, request: ClaimRequest, times: Times): ClaimReply {
  const { now } = times
  const plan = planOf(state, request.what, request.limit ?? CLAIM_LIMIT, now)
  const claims = plan.take.map(planned => take(state, planned, request, times))
  for (const planned of plan.fence) fence(state, planned, now)
  return { now, claims, live: state.live }
}

/** What the next claim by expiry would take: the tokens are empty, the records as they stand. */
export function expired(state: FleetState, limit: number, now: number): Claim[] {
  const { take: planned } = planOf(state, { by: 'expired' }, limit, now)
  return planned.map(({ lease, reason, depth }) => {
    const attempts = lease.attempts + 1
    return Object.assign(toClaim({ ...lease, reason, depth, attempts, token: '' }, now), { agent: toRecord(lease) })
  })
}

export function renewClaims(state: FleetState, tokens: readonly string[], claimTtl: number, now: number): string[] {
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
  state.addEvent(finishedEvent(heldLease(lease), facts, wall))
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
  state.addEvent(quarantinedEvent(heldLease(lease), error, wall))
  return 'quarantined'
}

/** Ends a live lease without a holder; the next claim by expiry takes it. */
export function fence(state: FleetState, { lease, reason, depth }: Planned<Lease>, now: number): void {
  end(state, lease, reason, depth)
  schedule(state, lease, now)
}

function planOf(state: FleetState, what: ClaimRequest['what'], limit: number, now: number): ClaimPlan<Lease> {
  const childrenOf = state.liveChildren
  if (what.by === 'expired') {
    const found = state.due.due(now, limit)
    const due = found
      .filter(lease => lease.phase === 'reaping')
      .map(lease => ({ lease, reason: lease.reason ?? reasonOfSilence(lease), depth: lease.depth }))
    const ended = found
      .filter(lease => lease.phase !== 'reaping')
      .map(lease => ({ lease, reason: reasonOfSilence(lease) }))
    return planClaim({ due, ended, childrenOf, limit })
  }
  const refs = what.by === 'proven' ? what.refs : [what.ref]
  const live = refs.flatMap(ref => state.findLive(ref) ?? [])
  const meant = what.by === 'stalled' ? live.filter(({ stalledAt }) => stalledAt !== null) : live
  const ended = meant.map(lease => ({ lease, reason: REASONS[what.by] }))
  return planClaim({ due: [], ended, childrenOf, limit })
}

function take(state: FleetState, { lease, reason, depth }: Planned<Lease>, request: ClaimRequest, times: Times): Claim {
  if (lease.phase !== 'reaping') end(state, lease, reason, depth)
  lease.attempts += 1
  lease.holder = request.holder
  setToken(state, lease, randomUUID())
  schedule(state, lease, times.now + request.claimTtl)
  const event = claimedEvent(heldLease(lease), times.wall)
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

function heldLease(lease: Lease): HeldLease {
  const { id, epoch, attempts, holder, lastBeat } = lease
  return { id, epoch, reason: lease.reason ?? reasonOfSilence(lease), attempt: attempts, holder, lastSeen: lastBeat }
}

function toClaim(lease: Lease, now: number): Claim {
  const { id, epoch, token, attempts, depth, lastBeat, reason = reasonOfSilence(lease) } = lease
  const idleTime = lastBeat === null ? null : now - lastBeat
  const agent = toRecord(lease)
  return { id, epoch, token: token ?? '', attempt: attempts, reason, lastSeen: lastBeat, idleTime, depth, agent }
}
