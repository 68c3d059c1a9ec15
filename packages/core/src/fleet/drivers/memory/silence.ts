/**
 * What ended by silence, as far as the guard believes it. A claim looks at no more leases than it may take; those that the
 * guard holds have their deadlines put off, so that they do not stand in the way of the next claim.
 */
import { BELIEVE_ALL, type Guard, type HeldLease, Judge, type PutOff } from '../../guard.ts'
import { HELD_LIMIT } from '../../store-limits.ts'
import type { Lease } from './lease.ts'
import type { FleetState } from './state.ts'

/** What is due, as a claim by expiry would deal with it now. */
export interface DueLeases {
  judge: Judge
  /** Leases that had ended before. */
  fenced: Lease[]
  /** Live leases that end for silence. */
  silent: Lease[]
  /** Live leases that are held. */
  held: { lease: Lease; putOff: PutOff }[]
  /** Whether that is all that is due. */
  all: boolean
}

export function findDue(
  state: FleetState,
  { guard = BELIEVE_ALL, limit, now }: { guard?: Guard | undefined; limit: number; now: number },
): DueLeases {
  const silentLeases = (): Lease['registration'][] =>
    state.due.due(now, Infinity).flatMap(lease => (lease.phase === 'reaping' ? [] : lease.registration))
  const judge = new Judge(state.guard, { guard, now, survey: () => state.hosts.survey(silentLeases, now) })
  const found = state.due.due(now, limit)
  const due: DueLeases = { judge, fenced: [], silent: [], held: [], all: found.length < limit }
  for (const lease of found) {
    if (lease.phase === 'reaping') {
      due.fenced.push(lease)
      continue
    }
    const { host, leaseTtl } = lease.registration
    const putOff = judge.judge({ host, leaseTtl, putOff: isPutOff(lease) })
    if (putOff === null) due.silent.push(lease)
    else due.held.push({ lease, putOff })
  }
  return due
}

/** Puts the deadlines of held leases off, and remembers which hosts are silent. */
export function holdBack(state: FleetState, { held, judge }: Pick<DueLeases, 'held' | 'judge'>, now: number): void {
  for (const { lease, putOff } of held) {
    lease.expiresAt = putOff.until
    lease.putOff = { reason: putOff.reason, at: now }
    state.putOff.add(lease)
  }
  if (judge.surveyed !== null) state.hosts.mark(judge.surveyed, now)
}

/** Ends every hold: what is held is due at once. */
export function endHolds(state: FleetState, now: number): void {
  for (const lease of state.putOff) {
    if (isHeld(lease)) lease.expiresAt = Math.min(lease.expiresAt, now)
    lease.putOff = null
    state.due.add(lease)
  }
  state.putOff.clear()
}

/** What is held now, first what is held for the shortest; of those alike, who registered first. */
export function heldLeases(state: FleetState, now: number): HeldLease[] {
  const held: { lease: Lease; putOff: PutOff }[] = []
  for (const lease of state.putOff) {
    if (!isHeld(lease)) state.putOff.delete(lease)
    else if (lease.putOff !== null && lease.expiresAt > now) {
      held.push({ lease, putOff: { reason: lease.putOff.reason, until: lease.expiresAt } })
    }
  }
  return held
    .toSorted((a, b) => a.putOff.until - b.putOff.until || a.lease.seq - b.lease.seq)
    .slice(0, HELD_LIMIT)
    .map(({ lease, putOff }) => toHeld(lease, putOff, now))
}

export function toHeld(lease: Lease, { reason, until }: PutOff, now: number): HeldLease {
  const { id, epoch, lastBeat: lastSeen, registration } = lease
  const idleTime = lastSeen === null ? null : now - lastSeen
  return { id, epoch, reason, host: registration.host, lastSeen, idleTime, until }
}

function isHeld(lease: Lease): boolean {
  return lease.phase !== 'reaping' && lease.phase !== 'quarantined' && isPutOff(lease)
}

function isPutOff({ putOff, lastBeat, registeredAt }: Lease): boolean {
  return putOff !== null && putOff.at > (lastBeat ?? registeredAt)
}
