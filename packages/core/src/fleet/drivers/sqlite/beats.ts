import type { Database } from '../../../sqlite/database.ts'
import { epochNumber } from '../../epoch.ts'
import type { LeaseRef } from '../../records.ts'
import type { Beat, BeatReply } from '../../store.ts'
import { progressedEvent, recoveredEvent, stuckEvent } from '../../store-events.ts'
import type { Times } from '../../times.ts'
import { findLive } from './lease-rows.ts'
import { addEvent, capOutbox } from './outbox.ts'

// The usual beat leaves the phase alone, and with it the indexes and triggers that depend on it. RETURNING would double
// its cost, so who shall stop is asked apart.
const BEAT = `
  UPDATE leases SET last_beat = ?, due_at = ? + lease_ttl, progress_at = coalesce(?, progress_at), loop_lag = ?,
    heap = coalesce(?, heap)
  WHERE id = ? AND epoch = ? AND phase IN ('alive', 'draining') AND stuck_at IS NULL AND stalled_at IS NULL`

/** The beat after which something else is so than it was, or may be. */
const TELLING_BEAT = `
  UPDATE leases SET last_beat = ?, due_at = ? + lease_ttl, progress_at = coalesce(?, progress_at), loop_lag = ?,
    heap = coalesce(?, heap), phase = iif(phase = 'starting', 'alive', phase), stuck_at = ?
  WHERE seq = ?`

const ANY_STOPPING = `
  SELECT 1 FROM leases
  WHERE stop_requested_at IS NOT NULL AND phase IN ('starting', 'alive', 'draining') LIMIT 1`

/** An expired lease that nobody claimed lives on: a claim alone fences. */
export function beat(database: Database, beats: readonly Beat[], times: Times): BeatReply {
  const now = Math.floor(times.now)
  const accepted: LeaseRef[] = []
  const fenced: LeaseRef[] = []
  for (const one of beats) {
    const { id, epoch } = one
    const usual = one.stuck !== true && database.run(BEAT, ...values(one, now), id, epochNumber(epoch)) > 0
    if (usual || beatAndTell(database, one, { now, wall: times.wall })) accepted.push({ id, epoch })
    else fenced.push({ id, epoch })
  }
  const anyStopping = database.get(ANY_STOPPING) !== undefined
  return { now, fenced, stops: anyStopping ? check(database, accepted, now).stops : [] }
}

export function check(database: Database, refs: readonly LeaseRef[], now: number): BeatReply {
  const reply: BeatReply = { now, fenced: [], stops: [] }
  for (const { id, epoch } of refs) {
    const row = findLive(database, { id, epoch })
    if (row === undefined) reply.fenced.push({ id, epoch })
    else if (row.stop_requested_at !== null) reply.stops.push({ id, epoch })
  }
  return reply
}

/** The first beat of a lease, and those of agents that are stuck, stalled, or not any more. False when the lease has ended. */
function beatAndTell(database: Database, one: Beat, { now, wall }: Times): boolean {
  const { stuck = false, lag = 0, progressed = false } = one
  const row = findLive(database, one)
  if (row === undefined) return false
  const { seq, stuck_at: stuckAt, stalled_at: stalledAt, progress_timeout: progressTimeout } = row
  database.run(TELLING_BEAT, ...values(one, now), stuck ? (stuckAt ?? now) : null, seq)
  if (stuck && stuckAt === null) addEvent(database, stuckEvent(one, lag, wall))
  if (!stuck && stuckAt !== null) addEvent(database, recoveredEvent(one, now - stuckAt, wall))
  if (progressed && stalledAt !== null && progressTimeout !== null) {
    const sql = 'UPDATE leases SET stalled_at = NULL, progress_due_at = ? WHERE seq = ?'
    database.run(sql, now + progressTimeout, seq)
    addEvent(database, progressedEvent(one, now - stalledAt, wall))
  }
  capOutbox(database)
  return true
}

/** The first five of a beat's statement. */
function values({ progressed, lag, heap }: Beat, now: number): [number, number, ...(number | null)[]] {
  return [now, now, progressed === true ? now : null, lag === undefined ? null : Math.round(lag), heap ?? null]
}
