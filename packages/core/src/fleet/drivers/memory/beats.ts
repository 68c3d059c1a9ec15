import type { LeaseRef } from '../../records.ts'
import type { Beat, BeatReply } from '../../store.ts'
import { progressedEvent, recoveredEvent, stuckEvent } from '../../store-events.ts'
import type { Times } from '../../times.ts'
import type { Lease } from './lease.ts'
import type { FleetState } from './state.ts'

/** An expired lease that nobody claimed lives on: a claim alone fences. */
export function beat(state: FleetState, beats: readonly Beat[], times: Times): BeatReply {
  const { now } = times
  for (const beaten of beats) {
    const lease = state.findLive(beaten)
    if (lease === undefined) continue
    lease.lastBeat = now
    lease.expiresAt = now + lease.registration.leaseTtl
    lease.loopLag = beaten.lag ?? null
    lease.heap = beaten.heap ?? lease.heap
    if (lease.phase === 'starting') state.setPhase(lease, 'alive')
    tellStuck(state, lease, beaten, times)
    if (beaten.progressed === true) progress(state, lease, times)
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

function tellStuck(state: FleetState, lease: Lease, { stuck = false, lag = 0 }: Beat, { now, wall }: Times): void {
  const { stuckAt } = lease
  if (stuck === (stuckAt !== null)) return
  lease.stuckAt = stuck ? now : null
  state.addEvent(stuckAt === null ? stuckEvent(lease, lag, wall) : recoveredEvent(lease, now - stuckAt, wall))
}

function progress(state: FleetState, lease: Lease, { now, wall }: Times): void {
  lease.progressAt = now
  const { stalledAt } = lease
  const { progressTimeout } = lease.registration
  if (stalledAt === null || progressTimeout === undefined) return
  lease.stalledAt = null
  lease.progressDueAt = now + progressTimeout
  state.progressDue.add(lease)
  state.addEvent(progressedEvent(lease, now - stalledAt, wall))
}
