import type { ProcessIdentity } from '../process/identity.ts'

/** A fencing token. Rises with each registration of an id. Text, because some stores round large numbers. */
export type Epoch = string

/** One lease: an agent's id and the epoch of that registration. */
export interface LeaseRef {
  id: string
  epoch: Epoch
}

/**
 * Where a lease is in its life, as stored. `suspect`, `stuck` and `stalled` are told apart by `condition`.
 * starting → alive → draining, each → reaping → (tombstone) or quarantined.
 */
export type Phase = 'starting' | 'alive' | 'draining' | 'reaping' | 'quarantined'

/** The phases in which an agent may still write. */
export const LIVE_PHASES: readonly Phase[] = ['starting', 'alive', 'draining']

/**
 * Why a lease was claimed. `released` is an agent's own good-bye and never counts as an orphan; `stalled` is the verdict on an
 * agent that lived, but made no progress.
 */
export type ReclaimReason =
  | 'missing_heartbeat'
  | 'stale_heartbeat'
  | 'process_gone'
  | 'corrupt_heartbeat'
  | 'parent_gone'
  | 'stalled'
  | 'released'

/** Something that an agent holds outside its process. */
export interface ResourceInput {
  /** `process`, `tmux`, `container`, `directory`, `lock`, `key`, `worktree` or a kind of the user's own. */
  kind: string
  /** Names it within its kind; the same kind and key is the same thing, whoever owns it. At most 1,024 characters. */
  key: string
  /** What its reclaimer needs to know. JSON. @default {} */
  data?: Readonly<Record<string, unknown>>
}

export interface OwnedResource {
  kind: string
  key: string
  data: Readonly<Record<string, unknown>>
  /** When it was taken into the lease, milliseconds since 1970. */
  ownedAt: number
  /** Whether another live lease owns the same thing: then it must be left alone. */
  shared: boolean
}

export interface Registration {
  id: string
  /** Random per call of `register`; the same nonce gets the same epoch again, so that a retry is safe. */
  nonce: string
  parent?: LeaseRef
  /** The name of the host, for people and for grouping. */
  host: string
  /** The process that the agent lives in. */
  process: ProcessIdentity
  /** Directories that the agent may own lie below these. */
  roots: readonly string[]
  labels: Readonly<Record<string, string>>
  /** The user's own word for what the agent does. */
  state: string
  /** Milliseconds without an accepted beat until the lease ends. */
  leaseTtl: number
  /** Milliseconds without progress until an agent that beats counts as stalled. @default never */
  progressTimeout?: number
  /** Owned from the first moment on. */
  resources: readonly ResourceInput[]
  /** The epoch of an earlier agent of this id whose death the caller has proven; it is left for a sweep to claim. */
  supersede?: Epoch
}

export interface AgentRecord extends LeaseRef {
  /** Rises with each registration in the store: a cursor for who came after. */
  seq: number
  phase: Phase
  state: string
  parent?: LeaseRef
  host: string
  process: ProcessIdentity
  roots: readonly string[]
  labels: Readonly<Record<string, string>>
  leaseTtl: number
  registeredAt: number
  /** The last accepted beat, null before the first. */
  lastBeat: number | null
  /** When the lease ends unless a beat comes. */
  expiresAt: number
  /** The agent's own last sign of progress. */
  progressAt: number | null
  /** Milliseconds without progress until it counts as stalled, null for never. */
  progressTimeout: number | null
  /** Since when it is known to be stalled, null when it is not. */
  stalledAt: number | null
  /** How late the event loop of its process was before the last beat, in milliseconds; null when no beat told. */
  loopLag: number | null
  /** Bytes of JavaScript heap in use in its process, as a beat told last; null when none did. */
  heap: number | null
  /** Since when the event loop of its process is known to be blocked, null when it is not. */
  stuckAt: number | null
  /** When somebody asked it to stop. */
  stopRequestedAt: number | null
  /** How often a reclaim was begun. */
  attempts: number
  /** Why it was claimed, and the last error of a failed attempt. */
  reason?: ReclaimReason
  error?: string
}

/** What is left of a lease that ended. Kept for 7 days, at most 10,000. */
export interface Tombstone extends LeaseRef {
  reason: ReclaimReason
  host: string
  registeredAt: number
  lastBeat: number | null
  endedAt: number
}

/** One coordinator's right to reclaim one lease, until it expires. */
export interface Claim extends LeaseRef {
  token: string
  /** 1 for the first. */
  attempt: number
  reason: ReclaimReason
  /** The last accepted beat, null if there was none. */
  lastSeen: number | null
  /** Milliseconds since then, null if there was none. */
  idleTime: number | null
  /** Levels below the topmost claimed lease; the deepest are reclaimed first. */
  depth: number
  /** Null when the stored record cannot be read; reason is then `corrupt_heartbeat`. */
  agent: AgentRecord | null
}
