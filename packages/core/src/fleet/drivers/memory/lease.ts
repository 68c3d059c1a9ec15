import type { HoldReason } from '../../guard.ts'
import {
  type AgentRecord,
  type LeaseRef,
  LIVE_PHASES,
  type OwnedResource,
  type Phase,
  type ReclaimReason,
  type Registration,
  type Tombstone,
} from '../../records.ts'
import { type QuarantinedLease, reasonOfSilence } from '../../store.ts'
import type { Due } from './due-queue.ts'

/** One lease as this driver holds it. */
export interface Lease extends LeaseRef {
  readonly seq: number
  readonly registration: Registration
  readonly parent: LeaseRef | undefined
  readonly registeredAt: number
  /** Set through `FleetState.setPhase` alone, which keeps the counts. */
  phase: Phase
  state: string
  lastBeat: number | null
  expiresAt: number
  progressAt: number | null
  /** When somebody has to look whether it made progress or, once it is stalled, may judge it; null for never. */
  progressDueAt: number | null
  stalledAt: number | null
  loopLag: number | null
  heap: number | null
  stuckAt: number | null
  stopRequestedAt: number | null
  attempts: number
  reason: ReclaimReason | undefined
  error: string | undefined
  depth: number
  /** Who holds the claim, and until when nobody else may take it. */
  token: string | null
  holder: string
  claimUntil: number
  /** Why and when the guard put the deadline off; it counts until the next beat. */
  putOff: { reason: HoldReason; at: number } | null
  readonly children: Set<Lease>
  /** In the order they were taken. */
  readonly resources: Map<string, Resource>
  readonly keys: Set<string>
  readonly locks: Set<string>
}

/** An owned resource as stored: its data as JSON, so that no caller shares an object with the store. */
export interface Resource extends Omit<OwnedResource, 'data' | 'shared'> {
  data: string
}

/** When a sweep has to look at the lease, null for never. Of those that ended together the deepest comes first. */
export function dueOf(lease: Lease): Due | null {
  if (lease.phase === 'quarantined') return null
  return { at: lease.phase === 'reaping' ? lease.claimUntil : lease.expiresAt, rank: -lease.depth, number: lease.seq }
}

/** When somebody has to look whether it made the progress that it promised. */
export function progressDue(lease: Lease): Due | null {
  return lease.stalledAt === null ? dueForProgress(lease) : null
}

/** When somebody may judge it for having stalled. */
export function verdictDue(lease: Lease): Due | null {
  return lease.stalledAt === null ? null : dueForProgress(lease)
}

export function toRecord(lease: Lease): AgentRecord {
  const { host, process, roots, labels, leaseTtl } = lease.registration
  return {
    id: lease.id,
    epoch: lease.epoch,
    seq: lease.seq,
    phase: lease.phase,
    state: lease.state,
    ...(lease.parent === undefined ? {} : { parent: { ...lease.parent } }),
    host,
    process: { ...process },
    roots: [...roots],
    labels: { ...labels },
    leaseTtl,
    registeredAt: lease.registeredAt,
    lastBeat: lease.lastBeat,
    expiresAt: expiryOf(lease),
    progressAt: lease.progressAt,
    progressTimeout: lease.registration.progressTimeout ?? null,
    stalledAt: lease.stalledAt,
    loopLag: lease.loopLag,
    heap: lease.heap,
    stuckAt: lease.stuckAt,
    stopRequestedAt: lease.stopRequestedAt,
    attempts: lease.attempts,
    ...(lease.reason === undefined ? {} : { reason: lease.reason }),
    ...(lease.error === undefined ? {} : { error: lease.error }),
  }
}

export function toQuarantined(lease: Lease): QuarantinedLease {
  const { id, epoch, attempts, registration, reason = reasonOfSilence(lease), error = '' } = lease
  return { id, epoch, host: registration.host, reason, attempts, error, agent: toRecord(lease) }
}

export function toTombstone(lease: Lease, endedAt: number): Tombstone {
  const { id, epoch, registeredAt, lastBeat, registration, reason = 'released' } = lease
  return { id, epoch, reason, host: registration.host, registeredAt, lastBeat, endedAt }
}

/** When the lease ends unless a beat comes, or when it would have ended. */
function expiryOf({ phase, expiresAt, lastBeat, registeredAt, registration }: Lease): number {
  return LIVE_PHASES.includes(phase) ? expiresAt : (lastBeat ?? registeredAt) + registration.leaseTtl
}

function dueForProgress({ progressDueAt, seq }: Lease): Due | null {
  return progressDueAt === null ? null : { at: progressDueAt, rank: 0, number: seq }
}
