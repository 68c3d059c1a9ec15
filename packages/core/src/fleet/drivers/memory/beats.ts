import type { LeaseRef } from '../../records.ts'
import type { Beat, BeatReply } from '../../store.ts'
import type { FleetState } from './state.ts'

/** An expired lease that nobody claimed lives on: a claim alone fences. */
export function beat(state: FleetState, beats: readonly Beat[], now: number): BeatReply {
  for (const { progressed, ...ref } of beats) {
    const lease = state.findLive(ref)
    if (lease === undefined) continue
    lease.lastBeat = now
    lease.expiresAt = now + lease.registration.leaseTtl
    if (progressed === true) lease.progressAt = now
    if (lease.phase === 'starting') state.setPhase(lease, 'alive')
  }
  return check(state, beats, now)
}

export function check(state: FleetState, refs: readonly LeaseRef[], now: number): BeatReply {
  const reply: BeatReply = { now, fenced: [], stops: [] }
  for (const { id, epoch } of refs) {
    const lease = state.findLive({ id, epoch })
    if (lease === undefined) reply.fenced.push({ id, epoch })
    else if (lease.stopRequestedAt !== null) reply.stops.push({ id, epoch })
  }
  return reply
}
