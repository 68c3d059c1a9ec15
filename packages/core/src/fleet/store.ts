/**
 * What a fleet store is. One interface, one driver per kind of store, one contract test that all drivers pass,
 * with a second connection from another process where the store allows one.
 *
 * Invariants (each is a test of the contract):
 * - Time is the store's: every comparison of leases uses one clock that all its users share.
 * - Each method is atomic. A process that dies between two calls leaves nothing that a later sweep does not finish.
 * - At most one holder has a claim on a lease at any time; a claim that expires can be taken over, and its first holder
 *   can then change nothing. A lease is finished at most once, and tells so in exactly one `cleanup_completed`.
 * - Silence is claimed as far as the guard of the claim believes it (see guard.ts). Nothing else is held back, and nothing for ever.
 * - From the moment of a claim every write of the agent is refused with FENCED. Nothing leads back.
 * - Epochs of an id only rise, also when the store's counter was lost.
 * - A call costs what it touches: no scan over live agents, no pattern over keys.
 * - Events are written in the same step as what they tell of (`pendingEvents`), and carry an id derived from it, so that
 *   moving them to the event log can be retried.
 */
import type { ProcessIdentity } from '../process/identity.ts'
import type { EventInput } from '../events/event-log.ts'
import type { Guard, HeldLease } from './guard.ts'
import type {
  AgentRecord,
  Claim,
  Epoch,
  LeaseRef,
  OwnedResource,
  Phase,
  ReclaimReason,
  Registration,
  ResourceInput,
  Tombstone,
} from './records.ts'

export interface CallOptions {
  signal?: AbortSignal
}

export interface RegisterReply {
  epoch: Epoch
  seq: number
  /** The store's time, milliseconds since 1970. */
  now: number
  expiresAt: number
}

export interface Beat extends LeaseRef {
  /** Set when the agent made progress since the last beat. */
  progressed?: boolean
  /** Milliseconds by which the event loop of the agent's process was late since the last beat, or is now. */
  lag?: number
  /** Bytes of JavaScript heap in use in the agent's process. Unset where the beat cannot tell: what was told before stands. */
  heap?: number
  /** Set when that is so much that the agent counts as stuck. */
  stuck?: boolean
}

export interface BeatReply {
  now: number
  /** Leases that have ended; their agents must stop writing. */
  fenced: LeaseRef[]
  /** Leases that somebody asked to stop. Repeated with each beat until the lease ends. */
  stops: LeaseRef[]
}

export interface ClaimRequest {
  /** Who claims; appears in events. */
  holder: string
  /** Milliseconds until the claim may be taken over, unless renewed. */
  claimTtl: number
  /** At most so many leases. @default 256 */
  limit?: number
  /**
   * `expired`: leases that ended by silence, and claims of others that ran out. This is what a sweep does, and the store
   * remembers when. `guard` says which doubts hold back what is silent (none by default); `force` also takes what an earlier
   * guarded claim held back, and ends its holds.
   * `proven`: these leases, whose process is known to be dead.
   * `stalled`: this lease, unless it made progress since it was found to be stalled.
   * `released`: this lease, by its own agent.
   * Live descendants of what is claimed are claimed with it (`parent_gone`), except where the agent said good-bye. What
   * goes beyond the limit is fenced in the same step and taken by the next claim by `expired`, deepest first.
   */
  what:
    | ExpiredClaim
    | { by: 'proven'; refs: readonly LeaseRef[] }
    | { by: 'stalled'; ref: LeaseRef }
    | { by: 'released'; ref: LeaseRef }
}

export interface ExpiredClaim {
  by: 'expired'
  guard?: Guard
  force?: boolean
}

export interface ClaimReply {
  now: number
  /** At most `limit`; of what ended together the deepest come first. */
  claims: Claim[]
  /** How many agents are in a live phase after this call. */
  live: number
  /** Whether another call may find more that is due already. */
  more: boolean
  /** All that the guard holds back now, at most 1,000. Only of claims by `expired`. */
  held: HeldLease[]
}

/** What a claim by `expired` would do. */
export interface ExpiredReply {
  /** Tokens are empty, records as they stand. */
  claims: Claim[]
  /** What it would hold back, and what is held back already, at most 1,000. */
  held: HeldLease[]
}

/** A lease that could not be reclaimed, and that no sweep tries any more. */
export interface QuarantinedLease extends LeaseRef {
  host: string
  reason: ReclaimReason
  /** How often a reclaim was begun. */
  attempts: number
  /** Why the last one failed. */
  error: string
  /** Null when the record cannot be read. */
  agent: AgentRecord | null
}

/**
 * How a thing of a claimed lease stands: `free` to be reclaimed; `shared` when another live lease owns it too; `occupied` when
 * it is a folder in which another live lease owns something; `lost` when the claim is.
 */
export type Standing = 'free' | 'shared' | 'occupied' | 'lost'

/** What a finished reclaim tells in its event. */
export interface FinishFacts {
  released: number
  /** Things that were deliberately left or could not be removed, each with its reason. */
  kept: readonly { kind: string; key: string; why: string }[]
  milliseconds: number
}

export interface FailOptions {
  error: string
  /** From this attempt on the lease is quarantined instead of tried again. */
  maxAttempts: number
  /** Milliseconds until the next attempt. */
  retryIn: number
}

export interface StalledRequest {
  /** Agents that are looked at, and handed out, at most. */
  limit: number
  /** Milliseconds for which nobody else gets those that are handed out. @default none are handed out */
  judgeFor?: number
}

export interface ListOptions extends CallOptions {
  /** Only with a higher `seq`. @default 0 */
  after?: number
  /** Only of processes of this boot. */
  bootId?: string
  phases?: readonly Phase[]
  /** @default 1000 */
  limit?: number
}

export interface FleetCounts {
  phases: Record<Phase, number>
  tombstones: number
}

export interface FleetStore {
  /**
   * An earlier lease of the id that is superseded, or whose time is over, is fenced with all below it and left for the next
   * sweep to claim. Throws INVALID_ID; AGENT_EXISTS (facts: `agent`, the living agent's record) when the id has another live
   * lease; FENCED when `parent` has none.
   */
  register(registration: Registration, options?: CallOptions): Promise<RegisterReply>
  beat(beats: readonly Beat[], options?: CallOptions): Promise<BeatReply>
  /**
   * Changes state or phase; with neither it only checks. Phases only move forward: `alive` leaves a draining agent
   * draining. Throws FENCED.
   */
  update(ref: LeaseRef, change: { state?: string; phase?: 'alive' | 'draining' }, options?: CallOptions): Promise<void>
  own(ref: LeaseRef, resource: ResourceInput, options?: CallOptions): Promise<void>
  disown(ref: LeaseRef, kind: string, key: string, options?: CallOptions): Promise<boolean>
  resources(ref: LeaseRef, options?: CallOptions): Promise<OwnedResource[]>

  claim(request: ClaimRequest, options?: CallOptions): Promise<ClaimReply>
  /** What `claim` with `expired` would take and hold back, without doing it. */
  expired(limit: number, options?: { guard?: Guard } & CallOptions): Promise<ExpiredReply>
  /** Returns the tokens that are lost. */
  renewClaims(tokens: readonly string[], claimTtl: number, options?: CallOptions): Promise<string[]>
  /** Asked right before a thing of a claimed lease is touched: others come and go while a reclaim runs. */
  mayReclaim(token: string, kind: string, key: string, options?: CallOptions): Promise<Standing>
  /** One thing of a claimed lease is gone. False when the claim is lost. */
  reclaimed(token: string, kind: string, key: string, options?: CallOptions): Promise<boolean>
  /** Ends the lease: its keys, locks and records go, a tombstone and its event come. False when the claim is lost. */
  finish(token: string, facts: FinishFacts, options?: CallOptions): Promise<boolean>
  /** Gives the claim back after a failure. */
  fail(token: string, options: FailOptions & CallOptions): Promise<'retry' | 'quarantined' | 'lost'>

  /**
   * Marks agents that beat, but made no progress for longer than they allow themselves, each with an event. With `judgeFor` it
   * hands out those whose case nobody settled, or is at.
   */
  stalled(request: StalledRequest, options?: CallOptions): Promise<AgentRecord[]>
  /** Closes the case of a stalled agent, which may be asked to stop. False when it ended, or made progress since. */
  settleStalled(ref: LeaseRef, verdict: { stop: boolean }, options?: CallOptions): Promise<boolean>

  /** Every lease in quarantine, those with a record that cannot be read included, the oldest first. */
  quarantined(options?: { limit?: number } & CallOptions): Promise<QuarantinedLease[]>
  /** Has the next claim by `expired` try leases in quarantine once more: those of the id, or all. Returns how many. */
  retry(id?: string, options?: CallOptions): Promise<number>

  /** Asks an agent to stop. False when it is not alive. */
  requestStop(id: string, options?: CallOptions): Promise<boolean>
  /** Which of these were asked to stop or are fenced: what a beat would answer, without beating. */
  check(refs: readonly LeaseRef[], options?: CallOptions): Promise<BeatReply>

  get(id: string, options?: CallOptions): Promise<AgentRecord | null>
  /** In order of `seq`. A record that cannot be read is left out. */
  list(options?: ListOptions): Promise<AgentRecord[]>
  tombstones(options?: { id?: string; limit?: number } & CallOptions): Promise<Tombstone[]>
  counts(options?: CallOptions): Promise<FleetCounts>

  /** Keeps a process from ever being ended by a reclaim. */
  keep(process: ProcessIdentity, options?: CallOptions): Promise<void>
  kept(bootId: string, options?: CallOptions): Promise<ProcessIdentity[]>

  /**
   * Values that agents share. Written under a lease, removed with it. A key of another live lease is refused with
   * RESOURCE_REFUSED (facts: `owner`); one of a lease that has ended may be taken over.
   */
  getKey(key: string, options?: CallOptions): Promise<string | null>
  setKey(ref: LeaseRef, key: string, value: string, options?: CallOptions): Promise<void>
  deleteKey(ref: LeaseRef, key: string, options?: CallOptions): Promise<boolean>
  /** True when the lease now holds the lock. Freed by its owner only, or when the reclaim of its lease is finished. */
  tryLock(ref: LeaseRef, name: string, options?: CallOptions): Promise<boolean>
  unlock(ref: LeaseRef, name: string, options?: CallOptions): Promise<boolean>

  /** Events that were written with the changes they tell of and wait for the event log, oldest first; at most 100,000. */
  pendingEvents(limit: number, options?: CallOptions): Promise<{ last: number; events: EventInput[] }>
  /** Forgets pending events up to `last`. */
  dropPendingEvents(last: number, options?: CallOptions): Promise<void>
  /** Writes an event of the fleet's own, e.g. `orphans_detected`. */
  addEvent(event: EventInput, options?: CallOptions): Promise<void>

  /** Calls back soon after anybody, in any process, changed the store. A hint: it may come once for many changes. */
  onChange(listener: () => void): () => void
  close(): Promise<void>
}

/** Why a lease that nobody renewed is claimed. */
export function reasonOfSilence(agent: Pick<AgentRecord, 'lastBeat'>): ReclaimReason {
  return agent.lastBeat === null ? 'missing_heartbeat' : 'stale_heartbeat'
}
