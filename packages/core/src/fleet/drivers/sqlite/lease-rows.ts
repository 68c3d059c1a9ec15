import type { Database } from '../../../sqlite/database.ts'
import { epochNumber, LATEST_EPOCH, LATEST_TIME } from '../../epoch.ts'
import type { HoldReason } from '../../guard.ts'
import { type AgentRecord, type LeaseRef, LIVE_PHASES, type Phase, type ReclaimReason } from '../../records.ts'
import { fenced } from '../../refusals.ts'
import { LONGEST_LEASE } from '../../store-limits.ts'

const PHASES: ReadonlySet<Phase> = new Set([...LIVE_PHASES, 'reaping', 'quarantined'])

/** A row of `leases`. */
export interface LeaseRow {
  seq: number
  id: string
  epoch: number
  nonce: string
  phase: Phase
  state: string
  parent_id: string | null
  parent_epoch: number | null
  host: string
  pid: number
  start_time: string
  boot_id: string
  roots: string
  labels: string
  lease_ttl: number
  registered_at: number
  last_beat: number | null
  due_at: number | null
  progress_at: number | null
  stop_requested_at: number | null
  attempts: number
  reason: ReclaimReason | null
  error: string | null
  depth: number
  token: string | null
  holder: string
  loop_lag: number | null
  heap: number | null
  stuck_at: number | null
  progress_timeout: number | null
  progress_due_at: number | null
  stalled_at: number | null
  put_off_at: number | null
  put_off_by: HoldReason | null
}

/**
 * All columns. A number that is too large for JavaScript would make a whole query fail, and with it a sweep; so it is read as the
 * largest that is none, and its record is found to be damaged. Order by `leases.column`: a bare name would mean what is read.
 *
 * Make a text with it once, not per call: to build and hash one costs several times what its query does.
 */
export const LEASE_COLUMNS: string = columns()

/** A damaged epoch would stand above all that come after it, and hide them. */
const NEWEST = `
  SELECT ${LEASE_COLUMNS} FROM leases WHERE id = ? AND epoch BETWEEN 1 AND ${LATEST_EPOCH}
  ORDER BY leases.epoch DESC LIMIT 1`
const BY_REF = `SELECT ${LEASE_COLUMNS} FROM leases WHERE id = ? AND epoch = ?`

/** The newest lease of an id, in whatever phase. */
export function newestLease(database: Database, id: string): LeaseRow | undefined {
  return database.get<LeaseRow>(NEWEST, id)
}

export function findLive(database: Database, ref: LeaseRef): LeaseRow | undefined {
  const row = findLease(database, ref)
  return row !== undefined && isLive(row) ? row : undefined
}

/** @throws OakumError FENCED */
export function requireLive(database: Database, ref: LeaseRef): LeaseRow {
  const row = findLive(database, ref)
  if (row === undefined) throw fenced(ref)
  return row
}

export function isLive({ phase }: Pick<LeaseRow, 'phase'>): boolean {
  return LIVE_PHASES.includes(phase)
}

export function refOf({ id, epoch }: Pick<LeaseRow, 'id' | 'epoch'>): LeaseRef {
  return { id, epoch: String(epoch) }
}

export function parentOf({ parent_id: id, parent_epoch: epoch }: LeaseRow): LeaseRef | undefined {
  return id === null || epoch === null ? undefined : { id, epoch: String(epoch) }
}

/** When the lease ends unless a beat comes, or when it would have ended. */
export function expiryOf(row: LeaseRow, { phase }: Pick<LeaseRow, 'phase'> = row): number {
  if (row.due_at !== null && isLive({ phase })) return row.due_at
  return (row.last_beat ?? row.registered_at) + row.lease_ttl
}

/**
 * Null when the row was damaged.
 *
 * @param as What is about to be written to it. Given apart, since SQLite's rows are so slow to copy that a claim would mostly do that.
 */
export function toRecord(row: LeaseRow, as: Pick<LeaseRow, 'phase' | 'reason' | 'attempts'> = row): AgentRecord | null {
  const roots = parse(row.roots, isTexts)
  const labels = parse(row.labels, isLabels)
  if (roots === null || labels === null || !PHASES.has(as.phase) || !isPossible(row)) return null
  const parent = parentOf(row)
  return {
    ...refOf(row),
    seq: row.seq,
    phase: as.phase,
    state: row.state,
    ...(parent === undefined ? {} : { parent }),
    host: row.host,
    process: { pid: row.pid, startTime: row.start_time, bootId: row.boot_id },
    roots,
    labels,
    leaseTtl: row.lease_ttl,
    registeredAt: row.registered_at,
    lastBeat: row.last_beat,
    expiresAt: expiryOf(row, as),
    progressAt: row.progress_at,
    progressTimeout: row.progress_timeout,
    stalledAt: row.stalled_at,
    loopLag: row.loop_lag,
    heap: row.heap,
    stuckAt: row.stuck_at,
    stopRequestedAt: row.stop_requested_at,
    attempts: as.attempts,
    ...(as.reason === null ? {} : { reason: as.reason }),
    ...(row.error === null ? {} : { error: row.error }),
  }
}

/** Of any system: pids are 32-bit numbers with a sign. */
export const LARGEST_PID = 0x7f_ff_ff_ff

/** Whether its numbers are ones that Oakum writes. What has to do with a pid of 0 or less must never be signalled. */
function isPossible(row: LeaseRow): boolean {
  const times = [row.registered_at, row.last_beat, row.progress_at, row.stop_requested_at, row.stalled_at, row.stuck_at]
  return (
    times.every(time => time === null || (time >= 0 && time <= LATEST_TIME)) &&
    row.seq > 0 &&
    row.seq < Number.MAX_SAFE_INTEGER &&
    row.lease_ttl > 0 &&
    row.lease_ttl <= LONGEST_LEASE &&
    row.pid > 0 &&
    row.pid <= LARGEST_PID &&
    row.epoch > 0 &&
    row.epoch <= LATEST_EPOCH
  )
}

function columns(): string {
  const texts = `id nonce phase state parent_id host start_time boot_id roots labels reason error token holder put_off_by`
  const numbers = `seq epoch parent_epoch pid lease_ttl registered_at last_beat due_at progress_at stop_requested_at attempts
    depth loop_lag heap stuck_at progress_timeout progress_due_at stalled_at put_off_at`
  const readable = numbers.split(/\s+/).map(name => `max(-1, min(${name}, ${Number.MAX_SAFE_INTEGER})) AS ${name}`)
  return [...texts.split(' '), ...readable].join(', ')
}

function findLease(database: Database, { id, epoch }: LeaseRef): LeaseRow | undefined {
  return database.get<LeaseRow>(BY_REF, id, epochNumber(epoch))
}

function parse<T>(json: string, is: (value: unknown) => value is T): T | null {
  try {
    const value: unknown = JSON.parse(json)
    return is(value) ? value : null
  } catch {
    return null
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}

function isLabels(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isTexts(Object.values(value))
}
