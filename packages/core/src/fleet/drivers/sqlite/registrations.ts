import type { Database } from '../../../sqlite/database.ts'
import { type Planned, planClaim } from '../../claim-plan.ts'
import { epochNumber, nextEpoch } from '../../epoch.ts'
import type { LeaseRef, Phase, ReclaimReason, Registration } from '../../records.ts'
import { agentExists, parentFenced } from '../../refusals.ts'
import { encodeResource } from '../../resource-input.ts'
import type { RegisterReply } from '../../store.ts'
import { registeredEvent, stateEvent } from '../../store-events.ts'
import type { Times } from '../../times.ts'
import { type Candidate, childrenOf, fence, silence, toCandidate } from './claims.ts'
import { takeResource } from './holdings.ts'
import { expiryOf, findLive, isLive, type LeaseRow, newestLease, refOf, requireLive, toRecord } from './lease-rows.ts'
import { addEvent, capOutbox } from './outbox.ts'
import { newestEnded } from './tombstones.ts'

export function register(database: Database, registration: Registration, times: Times): RegisterReply {
  const now = Math.floor(times.now)
  const newest = newestLease(database, registration.id)
  const before = newest !== undefined && isLive(newest) ? newest : undefined
  if (before?.nonce === registration.nonce) {
    return { ...refOf(before), seq: before.seq, now, expiresAt: expiryOf(before) }
  }
  const ending = before === undefined ? [] : planEnd(database, before, registration, now)
  checkParent(database, registration.parent, ending)
  for (const planned of ending) fence(database, planned, now)

  const remembered = Math.max(newest?.epoch ?? 0, newestEnded(database, registration.id))
  const epoch = nextEpoch(remembered, times.now)
  const expiresAt = now + Math.ceil(registration.leaseTtl)
  const seq = insertLease(database, registration, { epoch, now, expiresAt })
  for (const resource of registration.resources) takeResource(database, seq, resource, encodeResource(resource), now)
  const ref = refOf({ id: registration.id, epoch })
  addEvent(database, registeredEvent(ref, registration, times.wall))
  capOutbox(database)
  return { epoch: ref.epoch, seq, now, expiresAt }
}

/** Phases only move forward: `alive` leaves a draining agent draining. */
export function update(
  database: Database,
  ref: LeaseRef,
  change: { state?: string; phase?: 'alive' | 'draining' },
  wall: number,
): void {
  const row = requireLive(database, ref)
  const phase: Phase = change.phase === undefined || row.phase === 'draining' ? row.phase : change.phase
  const state = change.state ?? row.state
  if (phase === row.phase && state === row.state) return
  database.run('UPDATE leases SET state = ?, phase = ? WHERE seq = ?', state, phase, row.seq)
  addEvent(database, stateEvent(ref, state, phase, wall))
  capOutbox(database)
}

export function requestStop(database: Database, id: string, now: number): boolean {
  const row = newestLease(database, id)
  if (row === undefined || !isLive(row)) return false
  const sql = 'UPDATE leases SET stop_requested_at = coalesce(stop_requested_at, ?) WHERE seq = ?'
  return database.run(sql, now, row.seq) > 0
}

/** What ends when an earlier lease of the id makes way. @throws OakumError AGENT_EXISTS when it does not */
function planEnd(database: Database, before: LeaseRow, { supersede }: Registration, now: number): Planned<Candidate>[] {
  const superseded = supersede !== undefined && epochNumber(supersede) === before.epoch
  if (!superseded && expiryOf(before) > now) throw agentExists(refOf(before), toRecord(before))
  const reason: ReclaimReason = superseded ? 'process_gone' : silence(before)
  const ended = [{ lease: toCandidate(before), reason }]
  return planClaim({ due: [], ended, childrenOf: childrenOf(database), limit: 0 }).fence
}

function checkParent(database: Database, parent: LeaseRef | undefined, ending: readonly Planned<Candidate>[]): void {
  if (parent === undefined) return
  const row = findLive(database, parent)
  if (row === undefined || ending.some(({ lease }) => lease.row.seq === row.seq)) throw parentFenced(parent)
}

function insertLease(
  database: Database,
  registration: Registration,
  { epoch, now, expiresAt }: { epoch: number; now: number; expiresAt: number },
): number {
  const { id, nonce, state, parent, host, process, roots, labels, progressTimeout } = registration
  const row = database.get<{ seq: number }>(
    `INSERT INTO leases (id, epoch, nonce, phase, state, parent_id, parent_epoch, host, pid, start_time, boot_id,
                         roots, labels, lease_ttl, registered_at, due_at, progress_timeout, progress_due_at)
     VALUES (?, ?, ?, 'starting', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
    id,
    epoch,
    nonce,
    state,
    parent?.id ?? null,
    parent === undefined ? null : epochNumber(parent.epoch),
    host,
    process.pid,
    process.startTime,
    process.bootId,
    JSON.stringify(roots),
    JSON.stringify(labels),
    expiresAt - now,
    now,
    expiresAt,
    progressTimeout === undefined ? null : Math.ceil(progressTimeout),
    progressTimeout === undefined ? null : now + Math.ceil(progressTimeout),
  )
  if (row === undefined) throw new Error('An insertion returned no row.')
  return row.seq
}
