import type { Database } from '../../../sqlite/database.ts'
import { FRESH_GUARD, type GuardState, noteSweep } from '../../guard.ts'
import { holdEvents } from '../../store-events.ts'
import { addEvent } from './outbox.ts'

/** What the guard remembers. Without what cannot be read: then nothing is held, and nothing was. */
export function readGuard(database: Database): GuardState {
  const row = database.get<{ swept_at: number | null; state: string }>('SELECT swept_at, state FROM guard')
  const rest = row === undefined ? null : parse(row.state)
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
  const before = readGuard(database)
  writeGuard(database, before, noteSweep(before, now), now)
}

function parse(json: string): Omit<GuardState, 'sweptAt'> | null {
  try {
    const value: unknown = JSON.parse(json)
    return isState(value) ? value : null
  } catch {
    return null
  }
}

function isState(value: unknown): value is Omit<GuardState, 'sweptAt'> {
  if (typeof value !== 'object' || value === null || !('gaps' in value) || !('holds' in value)) return false
  return Array.isArray(value.gaps) && typeof value.holds === 'object' && value.holds !== null
}
