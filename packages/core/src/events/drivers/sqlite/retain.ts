/**
 * Removes events in steps of a few hundred, each a transaction of its own, so that those who write are never held up for
 * long. What is appended meanwhile stays. The file keeps its size: the room is used again.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { throwIfAborted } from '../../../errors/abort.ts'
import type { Database } from '../../../sqlite/database.ts'
import type { EventFilter } from '../../event-log.ts'
import type { RetainOptions, RetainReport } from '../../retention.ts'
import { filterConditions, type NamedParameters } from './select.ts'

const STEP = 500
/** How many numbers there are from the oldest event to the newest; null without any. */
const SPAN = 'SELECT (SELECT max(seq) FROM events) - (SELECT min(seq) FROM events) + 1 AS span'

export async function retainEvents(
  database: Database,
  { maxAge, maxCount, signal, ...filter }: RetainOptions,
  now: number,
): Promise<RetainReport> {
  const report: RetainReport = { removed: 0, bytes: 0 }
  // Both limits are found before anything goes: of what comes meanwhile nothing is too much.
  const byCount = maxCount === undefined ? undefined : newestToGo(database, filter, maxCount)
  const byAge = maxAge === undefined ? undefined : newestToGo(database, filter, 0)
  if (byCount !== undefined) await removeUpTo(database, { filter, upTo: byCount, signal }, report)
  if (byAge !== undefined && maxAge !== undefined) {
    await removeUpTo(database, { filter, upTo: byAge, before: now - maxAge, signal }, report)
  }
  return report
}

/** The `seq` of the newest event that has at least so many newer ones beside it; undefined when there is none. */
function newestToGo(database: Database, filter: EventFilter, maxCount: number): number | undefined {
  // So many numbers are not given yet: nothing needs to be counted, which takes a while for a million.
  const { span = null } = database.get<{ span: number | null }>(SPAN) ?? {}
  if (span === null || span <= maxCount) return undefined
  const { where, parameters } = filterConditions(filter)
  const sql = `SELECT seq FROM events WHERE ${['seq > 0', ...where].join(' AND ')} ORDER BY seq DESC LIMIT 1 OFFSET :maxCount`
  return database.get<{ seq: number }>(sql, { ...parameters, maxCount })?.seq
}

interface Removal {
  filter: EventFilter
  upTo: number
  /** Only what happened before this time, in milliseconds since 1970. */
  before?: number
  signal: AbortSignal | undefined
}

async function removeUpTo(
  database: Database,
  { filter, upTo, before, signal }: Removal,
  report: RetainReport,
): Promise<void> {
  const { where, parameters } = filterConditions(filter)
  const conditions = ['seq <= :upTo', ...where]
  const values: NamedParameters = { ...parameters, upTo, step: STEP }
  if (before !== undefined) {
    conditions.push('time < :before')
    values['before'] = before
  }
  const sql = `DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE ${conditions.join(' AND ')} LIMIT :step)
               RETURNING octet_length(data) AS bytes`
  for (;;) {
    throwIfAborted(signal)
    const removed = database.transaction(() => database.all<{ bytes: number }>(sql, values))
    report.removed += removed.length
    report.bytes += removed.reduce((sum, { bytes }) => sum + bytes, 0)
    if (removed.length < STEP) return
    await turn()
  }
}
