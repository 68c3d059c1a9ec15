import type { AgentRecord, LeaseRef } from '../../records.ts'
import { lookAgainAt } from '../../progress/look.ts'
import type { StalledRequest } from '../../store.ts'
import { stalledEvent } from '../../store-events.ts'
import type { Times } from '../../times.ts'
import { type Lease, toRecord } from './lease.ts'
import type { FleetState } from './state.ts'

export function stalled(state: FleetState, { limit, judgeFor }: StalledRequest, times: Times): AgentRecord[] {
  for (const lease of state.progressDue.due(times.now, limit)) look(state, lease, times)
  if (judgeFor === undefined) return []
  const records: AgentRecord[] = []
  for (const lease of state.verdictDue.due(times.now, limit)) {
    const isLive = state.findLive(lease) !== undefined
    lease.progressDueAt = isLive ? times.now + judgeFor : null
    if (isLive) records.push(toRecord(lease))
  }
  return records
}

export function settleStalled(state: FleetState, ref: LeaseRef, { stop }: { stop: boolean }, now: number): boolean {
  const lease = state.findLive(ref)
  if (lease === undefined || lease.stalledAt === null) return false
  lease.progressDueAt = null
  if (stop) lease.stopRequestedAt ??= now
  return true
}

function look(state: FleetState, lease: Lease, { now, wall }: Times): void {
  const { progressTimeout, leaseTtl } = lease.registration
  const { progressAt, lastBeat, registeredAt } = lease
  if (progressTimeout === undefined || state.findLive(lease) === undefined) {
    lease.progressDueAt = null
    return
  }
  const again = lookAgainAt({ progressTimeout, leaseTtl, progressAt, lastBeat, registeredAt }, now)
  lease.progressDueAt = again ?? now
  if (again !== null) return
  lease.stalledAt = now
  state.verdictDue.add(lease)
  state.addEvent(stalledEvent(lease, now - (progressAt ?? registeredAt), wall))
}
