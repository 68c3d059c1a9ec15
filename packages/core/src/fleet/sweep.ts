/**
 * One sweep: what ended by proof, then what ended by silence, is claimed and reclaimed.
 *
 * Invariants:
 * - It costs what has ended, not what lives.
 * - One lease that cannot be reclaimed, or not even be read, stops none of the others.
 * - At most `CLAIM_LIMIT` leases are claimed at once, so that several coordinators share a crowd.
 */
import { throwIfAborted } from '../errors/abort.ts'
import { reclaimAll, type BatchParts } from './claims.ts'
import type { Outbox } from './outbox.ts'
import type { Presence } from './presence.ts'
import type { Claim, Epoch, LeaseRef, ReclaimReason } from './records.ts'
import type { ReclaimResult } from './reclaim.ts'
import type { ClaimReply, ClaimRequest } from './store.ts'
import { CLAIM_LIMIT } from './store-limits.ts'

/** An agent whose lease ended without a good-bye. Times in milliseconds. */
export interface Orphan {
  agentId: string
  epoch: Epoch
  reason: ReclaimReason
  /** The last accepted beat, since 1970; null when there was none. */
  lastSeen: number | null
  /** Since then; null when there was none. */
  idleTime: number | null
  /** How many things it held are gone now. */
  released: number
  /** `found` is a dry run's; `lost` means that another coordinator goes on with it. */
  status: 'found' | 'cleaned' | 'retry' | 'quarantined' | 'lost'
  /** Why it could not be cleaned. */
  error?: string
}

export interface SweepResult {
  orphansDetected: number
  orphansCleaned: number
  healthyAgents: number
  orphans: Orphan[]
}

export interface SweepOptions {
  /** Only says what would be claimed. @default false */
  dryRun?: boolean
  /** Ends the sweep early; claims that it still held run out. */
  signal?: AbortSignal
}

export interface SweepParts extends BatchParts {
  /** Names this coordinator in events. */
  holder: string
  presence: Presence
  outbox: Outbox
}

export async function sweep(parts: SweepParts, { signal }: SweepOptions = {}): Promise<SweepResult> {
  throwIfAborted(signal)
  const options = signal === undefined ? {} : { signal }
  const results: ReclaimResult[] = []
  let announced = false
  let healthyAgents = 0
  const round = async (reply: ClaimReply): Promise<void> => {
    healthyAgents = reply.live
    if (!announced) announced = await announce(reply.claims, parts)
    results.push(...(await reclaimAll(reply.claims, parts, signal)))
    parts.outbox.kick()
  }

  for (const refs of chunks(await parts.presence.look(options))) await round(await claimProven(refs, parts, options))
  for (let full = true; full;) {
    const reply = await claimSome({ by: 'expired' }, parts, options)
    await round(reply)
    full = reply.claims.length === CLAIM_LIMIT
  }
  const orphans = results.filter(result => isOrphan(result.claim)).map(toOrphan)
  const cleaned = orphans.filter(({ status }) => status === 'cleaned').length
  return { orphansDetected: orphans.length, orphansCleaned: cleaned, healthyAgents, orphans }
}

/** Claims the leases of dead processes, and whatever lived below them. */
export async function claimProven(
  refs: readonly LeaseRef[],
  parts: SweepParts,
  options: { signal?: AbortSignal } = {},
): Promise<ClaimReply> {
  const reply = await claimSome({ by: 'proven', refs }, parts, options)
  parts.presence.forget(refs)
  return reply
}

/** Tells that orphans were found. Resolves to false when there are none among the claims. */
export async function announce(claims: readonly Claim[], { store, holder }: SweepParts): Promise<boolean> {
  const orphans = claims.filter(isOrphan)
  const [first] = orphans
  if (first === undefined) return false
  await store.addEvent({
    id: `orphans_detected:${first.token}`,
    type: 'orphans_detected',
    data: {
      coordinator: holder,
      count: orphans.length,
      agents: orphans.map(({ id, epoch, reason }) => ({ id, epoch, reason })),
    },
  })
  return true
}

/** As many leases as are claimed at once. */
export function chunks(refs: readonly LeaseRef[]): LeaseRef[][] {
  const count = Math.ceil(refs.length / CLAIM_LIMIT)
  return Array.from({ length: count }, (_, index) => refs.slice(index * CLAIM_LIMIT, (index + 1) * CLAIM_LIMIT))
}

function claimSome(
  what: ClaimRequest['what'],
  { store, holder, claimTtl }: SweepParts,
  options: { signal?: AbortSignal },
): Promise<ClaimReply> {
  return store.claim({ holder, claimTtl, limit: CLAIM_LIMIT, what }, options)
}

/** A release that somebody did not live to finish is taken over, but it is nobody's orphan. */
export function isOrphan({ reason }: Claim): boolean {
  return reason !== 'released'
}

export function found(claim: Pick<Claim, 'id' | 'epoch' | 'reason' | 'lastSeen' | 'idleTime'>): Orphan {
  const { id, epoch, reason, lastSeen, idleTime } = claim
  return { agentId: id, epoch, reason, lastSeen, idleTime, released: 0, status: 'found' }
}

function toOrphan({ claim, status, released, error }: ReclaimResult): Orphan {
  return {
    ...found(claim),
    released,
    status: status === 'finished' ? 'cleaned' : status,
    ...(error === undefined ? {} : { error: error.message }),
  }
}
