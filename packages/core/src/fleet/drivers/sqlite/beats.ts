import type { Database } from '../../../sqlite/database.ts'
import { epochNumber } from '../../epoch.ts'
import type { LeaseRef } from '../../records.ts'
import type { Beat, BeatReply } from '../../store.ts'
import { findLive } from './lease-rows.ts'

// The usual beat leaves the phase alone, and with it the indexes and triggers that depend on it. RETURNING would double
// its cost, so who shall stop is asked apart.
const BEAT = `
  UPDATE leases SET last_beat = ?, due_at = ? + lease_ttl, progress_at = coalesce(?, progress_at)
  WHERE id = ? AND epoch = ? AND phase IN ('alive', 'draining')`

const FIRST_BEAT = `
  UPDATE leases SET last_beat = ?, due_at = ? + lease_ttl, progress_at = coalesce(?, progress_at), phase = 'alive'
  WHERE id = ? AND epoch = ? AND phase = 'starting'`

const ANY_STOPPING = `
  SELECT 1 FROM leases
  WHERE stop_requested_at IS NOT NULL AND phase IN ('starting', 'alive', 'draining') LIMIT 1`

/** An expired lease that nobody claimed lives on: a claim alone fences. */
export function beat(database: Database, beats: readonly Beat[], now: number): BeatReply {
  const accepted: LeaseRef[] = []
  const fenced: LeaseRef[] = []
  for (const { id, epoch, progressed } of beats) {
    const values = [now, now, progressed === true ? now : null, id, epochNumber(epoch)]
    const known = database.run(BEAT, ...values) > 0 || database.run(FIRST_BEAT, ...values) > 0
    if (known) accepted.push({ id, epoch })
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
