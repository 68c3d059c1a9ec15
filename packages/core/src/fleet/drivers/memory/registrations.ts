import { planClaim } from '../../claim-plan.ts'
import type { LeaseRef, Phase, Registration } from '../../records.ts'
import { agentExists, parentFenced } from '../../refusals.ts'
import { encodeResource } from '../../resource-input.ts'
import { reasonOfSilence, type RegisterReply } from '../../store.ts'
import { registeredEvent, stateEvent } from '../../store-events.ts'
import { fence } from './claims.ts'
import { type Lease, toRecord } from './lease.ts'
import type { FleetState } from './state.ts'
import type { Times } from '../../times.ts'

export function register(state: FleetState, registration: Registration, { now, wall }: Times): RegisterReply {
  const input = structuredClone(registration)
  const resources = input.resources.map(resource => ({ ...resource, json: encodeResource(resource) }))
  const before = state.newest(input.id)
  const live = before && state.findLive(before)
  if (live?.registration.nonce === input.nonce) return replyOf(live, now)
  if (live !== undefined && live.expiresAt > now && live.epoch !== input.supersede) {
    throw agentExists(live, toRecord(live))
  }

  const ended =
    live === undefined
      ? []
      : [{ lease: live, reason: live.epoch === input.supersede ? 'process_gone' : reasonOfSilence(live) } as const]
  const ending = planClaim({ due: [], ended, childrenOf: state.liveChildren, limit: 0 }).fence
  const parent = input.parent && state.findLive(input.parent)
  if (input.parent !== undefined && (parent === undefined || ending.some(({ lease }) => lease === parent))) {
    throw parentFenced(input.parent)
  }

  for (const planned of ending) fence(state, planned, now)
  const lease = newLease(state, input, now)
  state.add(lease)
  for (const { kind, key, json } of resources) state.own(lease, { kind, key, data: json, ownedAt: now })
  state.addEvent(registeredEvent(lease, input, wall))
  return replyOf(lease, now)
}

/** Phases only move forward: `alive` leaves a draining agent draining. */
export function update(
  state: FleetState,
  ref: LeaseRef,
  change: { state?: string; phase?: 'alive' | 'draining' },
  wall: number,
): void {
  const lease = state.requireLive(ref)
  const phase: Phase = change.phase === undefined || lease.phase === 'draining' ? lease.phase : change.phase
  const word = change.state ?? lease.state
  if (phase === lease.phase && word === lease.state) return
  state.setPhase(lease, phase)
  lease.state = word
  state.addEvent(stateEvent(ref, word, phase, wall))
}

export function requestStop(state: FleetState, id: string, now: number): boolean {
  const newest = state.newest(id)
  const lease = newest && state.findLive(newest)
  if (lease === undefined) return false
  lease.stopRequestedAt ??= now
  return true
}

function newLease(state: FleetState, registration: Registration, now: number): Lease {
  return {
    id: registration.id,
    epoch: state.nextEpoch(now),
    seq: state.nextSeq(),
    registration,
    parent: registration.parent,
    registeredAt: now,
    phase: 'starting',
    state: registration.state,
    lastBeat: null,
    expiresAt: now + registration.leaseTtl,
    progressAt: null,
    progressDueAt: registration.progressTimeout === undefined ? null : now + registration.progressTimeout,
    stalledAt: null,
    loopLag: null,
    heap: null,
    stuckAt: null,
    stopRequestedAt: null,
    attempts: 0,
    reason: undefined,
    error: undefined,
    depth: 0,
    token: null,
    holder: '',
    claimUntil: 0,
    putOff: null,
    children: new Set(),
    resources: new Map(),
    keys: new Set(),
    locks: new Set(),
  }
}

function replyOf({ epoch, seq, expiresAt }: Lease, now: number): RegisterReply {
  return { epoch, seq, now, expiresAt }
}
