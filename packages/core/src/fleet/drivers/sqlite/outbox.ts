import type { EventInput } from '../../../events/event-log.ts'
import type { Database } from '../../../sqlite/database.ts'
import { OUTBOX_LIMIT } from '../../store-limits.ts'

export function addEvent(database: Database, event: EventInput): void {
  database.run('INSERT INTO outbox (event) VALUES (?)', JSON.stringify(event))
}

/** Forgets the oldest of too many events. Called where events come without an end; of the rest a lease has but a few. */
export function capOutbox(database: Database): void {
  database.run('DELETE FROM outbox WHERE number <= (SELECT max(number) FROM outbox) - ?', OUTBOX_LIMIT)
}

/** Oldest first. One that cannot be read is left out, and goes with those around it. */
export function pendingEvents(database: Database, limit: number): { last: number; events: EventInput[] } {
  const sql = 'SELECT number, event FROM outbox ORDER BY number LIMIT ?'
  const rows = database.all<{ number: number; event: string }>(sql, limit)
  return { last: rows.at(-1)?.number ?? 0, events: rows.flatMap(({ event }) => parseEvent(event) ?? []) }
}

export function dropPendingEvents(database: Database, last: number): void {
  database.run('DELETE FROM outbox WHERE number <= ?', last)
}

function parseEvent(json: string): EventInput | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return isEvent(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isEvent(value: unknown): value is EventInput {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
