import type { Database } from '../../../sqlite/database.ts'
import { LATEST_TIME } from '../../epoch.ts'
import { FRESH_GUARD, type GuardState, noteSweep } from '../../guard.ts'
import { holdEvents } from '../../store-events.ts'
import { LONGEST_LEASE } from '../../store-limits.ts'
import { addEvent } from './outbox.ts'

const READ = `SELECT iif(swept_at BETWEEN 0 AND ${LATEST_TIME}, swept_at, NULL) AS swept_at, state FROM guard`

/** What the guard remembers. Without what cannot be read, or cannot be so now: then nothing is held, and nothing was. */
export function readGuard(database: Database, now: number): GuardState {
  const row = database.get<{ swept_at: number | null; state: string }>(READ)
  const rest = row === undefined ? null : parse(row.state, now)
  return { ...FRESH_GUARD, ...rest, sweptAt: row?.swept_at ?? null }
}

/** Writes the state down, and tells which holds began and ended. */
export function writeGuard(database: Database, before: GuardState, after: GuardState, wall: number): void {
  const { sweptAt, ...rest } = after
  database.run('UPDATE guard SET swept_at = ?, state = ?', sweptAt, JSON.stringify(rest))
  for (const event of holdEvents(before, after, wall)) addEvent(database, event)
}

/** Somebody sweeps, or is at work on what a sweep claimed. */
export function noteWork(database: Database, now: number): void {
  const before = readGuard(database, now)
  writeGuard(database, before, noteSweep(before, now), now)
}

function parse(json: string, now: number): Omit<GuardState, 'sweptAt'> | null {
  try {
    const value: unknown = JSON.parse(json)
    return isState(value, now) ? value : null
  } catch {
    return null
  }
}

/** Damage that were believed could end every sweep, or hold leases for ever. */
function isState(value: unknown, now: number): value is Omit<GuardState, 'sweptAt'> {
  if (!isObject(value) || !Array.isArray(value['gaps']) || !isObject(value['holds'])) return false
  const { gap, hosts } = value['holds']
  return (
    value['gaps'].every(one => isObject(one) && isWithin(one['endedAt'], 0, now) && isWithin(one['length'], 0, now)) &&
    [gap, hosts].every(hold => hold === undefined || isHold(hold, now))
  )
}

function isHold(value: unknown, now: number): boolean {
  if (!isObject(value)) return false
  const { since, until, lease, let: gone } = value
  return (
    isWithin(since, 0, now) &&
    isWithin(until, 0, now + LONGEST_LEASE) &&
    isWithin(lease, 0, LONGEST_LEASE) &&
    (gone === undefined || (isObject(gone) && typeof gone['host'] === 'string' && isWithin(gone['at'], 0, now)))
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most
}
