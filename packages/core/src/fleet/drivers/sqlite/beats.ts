import type { Database } from '../../../sqlite/database.ts'
import { epochNumber } from '../../epoch.ts'
import type { LeaseRef } from '../../records.ts'
import type { Beat, BeatReply } from '../../store.ts'
import { findLive } from './lease-rows.ts'

// The usual beat leaves the phase alone, and with it the indexes and triggers that depend on it.
const BEAT = `
  UPDATE leases SET last_beat = :now, expires_at = :now + lease_ttl, progress_at = coalesce(:progress, progress_at)
  WHERE id = :id AND epoch = :epoch AND phase IN ('alive', 'draining') RETURNING stop_requested_at`

const FIRST_BEAT = `
  UPDATE leases SET last_beat = :now, expires_at = :now + lease_ttl, progress_at = coalesce(:progress, progress_at),
    phase = 'alive'
  WHERE id = :id AND epoch = :epoch AND phase = 'starting' RETURNING stop_requested_at`

/** An expired lease that nobody claimed lives on: a claim alone fences. */
export function beat(database: Database, beats: readonly Beat[], now: number): BeatReply {
  const reply: BeatReply = { now, fenced: [], stops: [] }
  for (const { id, epoch, progressed } of beats) {
    const values = { now, id, epoch: epochNumber(epoch), progress: progressed === true ? now : null }
    const row = database.get<StopRow>(BEAT, values) ?? database.get<StopRow>(FIRST_BEAT, values)
    answer(reply, { id, epoch }, row)
  }
  return reply
}

export function check(database: Database, refs: readonly LeaseRef[], now: number): BeatReply {
  const reply: BeatReply = { now, fenced: [], stops: [] }
  for (const { id, epoch } of refs) answer(reply, { id, epoch }, findLive(database, { id, epoch }))
  return reply
}

interface StopRow {
  stop_requested_at: number | null
}

function answer(reply: BeatReply, ref: LeaseRef, row: StopRow | undefined): void {
  if (row === undefined) reply.fenced.push(ref)
  else if (row.stop_requested_at !== null) reply.stops.push(ref)
}
