/**
 * One sweep: what ended by proof, then what ended by silence, then by a verdict, is claimed and reclaimed.
 *
 * Invariants:
 * - It costs what has ended, not what lives.
 * - One lease that cannot be reclaimed, or not even be read, stops none of the others.
 * - At most `CLAIM_LIMIT` leases are claimed at once, so that several coordinators share a crowd.
 */
import { throwIfAborted } from '../errors/abort.ts'
import { reclaimAll, type BatchParts } from './claims.ts'
import type { Guard, HeldLease, HoldReason } from './guard.ts'
import type { Outbox } from './outbox.ts'
import type { Presence } from './presence.ts'
import { judgeStalled, type OnStalled } from './progress/judge-stalled.ts'
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

/** A silent agent that is not claimed yet, because the guard doubts its silence. Times in milliseconds. */
export interface HeldAgent {
  agentId: string
  epoch: Epoch
  host: string
  /** `gap`: nobody swept for longer than its lease. `hosts`: more than half of the hosts fell silent at once. */
  reason: HoldReason
  /** The last accepted beat, since 1970; null when there was none. */
  lastSeen: number | null
  /** Since then; null when there was none. */
  idleTime: number | null
  /** Until when at least, unless it is heard of, since 1970. */
  until: number
}

export interface SweepResult {
  orphansDetected: number
  orphansCleaned: number
  healthyAgents: number
  orphans: Orphan[]
  /** What the guard holds back, earlier sweeps included; at most 1,000 are listed. Not among the orphans. */
  held: HeldAgent[]
}

export interface SweepOptions {
  /** Only says what would be claimed. @default false */
  dryRun?: boolean
  /** Believes all silence, ends the holds of the guard, and tries once more what is in quarantine. @default false */
  force?: boolean
  /** Ends the sweep early; claims that it still held run out. */
  signal?: AbortSignal
}

export interface SweepParts extends BatchParts {
  /** Names this coordinator in events. */
  holder: string
  presence: Presence
  outbox: Outbox
  guard: Guard
  onStalled?: OnStalled | undefined
  onError: (error: unknown) => void
}

export async function sweep(
  parts: SweepParts,
  { signal, force = false }: Omit<SweepOptions, 'dryRun'> = {},
): Promise<SweepResult> {
  throwIfAborted(signal)
  const options = signal === undefined ? {} : { signal }
  if (force) await parts.store.retry(undefined, options)
  const results: ReclaimResult[] = []
  let announced = false
  let healthyAgents = 0
  let held: HeldLease[] = []
  const round = async (reply: ClaimReply): Promise<void> => {
    healthyAgents = reply.live
    if (!announced) announced = await announce(reply.claims, parts)
    results.push(...(await reclaimAll(reply.claims, parts, signal)))
    parts.outbox.kick()
  }

  for (const refs of chunks(await parts.presence.look(options))) await round(await claimProven(refs, parts, options))
  for (let more = true; more;) {
    const reply = await claimSome({ by: 'expired', guard: parts.guard, force }, parts, options)
    await round(reply)
    ;({ more, held } = reply)
  }
  for (const reply of await judgeStalled(parts, options)) await round(reply)
  const orphans = results.filter(result => isOrphan(result.claim)).map(toOrphan)
  const cleaned = orphans.filter(({ status }) => status === 'cleaned').length
  return {
    orphansDetected: orphans.length,
    orphansCleaned: cleaned,
    healthyAgents,
    orphans,
    held: held.map(toHeldAgent),
  }
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
export function isOrphan({ reason }: Pick<Claim, 'reason'>): boolean {
  return reason !== 'released'
}

export function found(claim: Pick<Claim, 'id' | 'epoch' | 'reason' | 'lastSeen' | 'idleTime'>): Orphan {
  const { id, epoch, reason, lastSeen, idleTime } = claim
  return { agentId: id, epoch, reason, lastSeen, idleTime, released: 0, status: 'found' }
}

export function toHeldAgent({ id: agentId, ...lease }: HeldLease): HeldAgent {
  return { agentId, ...lease }
}

function toOrphan({ claim, status, released, error }: ReclaimResult): Orphan {
  return {
    ...found(claim),
    released,
    status: status === 'finished' ? 'cleaned' : status,
    ...(error === undefined ? {} : { error: error.message }),
  }
}
