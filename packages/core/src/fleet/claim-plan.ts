/**
 * Which leases a claim takes, and which it only fences: decided once, for every driver.
 *
 * Invariants:
 * - When a lease ends, all live leases below it end in the same step, at any depth, except below a good-bye.
 * - At most `limit` leases are taken. What ends beyond that is fenced and due at once, so that the next claim takes it.
 * - Of the leases that end together the deepest are taken first.
 * - A cycle of parents, which only a damaged store can have, ends the walk and nothing else.
 */
import type { LeaseRef, ReclaimReason } from './records.ts'

/** As much of a lease as planning needs. */
export interface PlannedLease extends LeaseRef {
  parent?: LeaseRef | undefined
}

/** One lease of a plan. */
export interface Planned<L> {
  lease: L
  reason: ReclaimReason
  /** Levels below the topmost lease that ended with it. */
  depth: number
}

export interface ClaimPlan<L> {
  /** To be claimed, in this order. */
  take: Planned<L>[]
  /** Live leases to be fenced without a holder. */
  fence: Planned<L>[]
}

export interface PlanInput<L> {
  /** Leases fenced earlier that anybody may take now. */
  due: readonly Planned<L>[]
  /** Live leases that end now. */
  ended: readonly { lease: L; reason: ReclaimReason }[]
  /** The live leases right below one. */
  childrenOf: (lease: L) => Iterable<L>
  limit: number
}

export function planClaim<L extends PlannedLease>({ due, ended, childrenOf, limit }: PlanInput<L>): ClaimPlan<L> {
  const ending = withDescendants(ended, childrenOf).toSorted((a, b) => b.depth - a.depth)
  const take = due.slice(0, limit)
  const room = limit - take.length
  return { take: [...take, ...ending.slice(0, room)], fence: ending.slice(room) }
}

function withDescendants<L extends PlannedLease>(
  ended: PlanInput<L>['ended'],
  childrenOf: PlanInput<L>['childrenOf'],
): Planned<L>[] {
  const found = new Map(ended.map(({ lease, reason }) => [nameOf(lease), { lease, reason, depth: -1 }]))
  // A Map's iterator also visits what is added while it runs: this walks breadth first through all descendants.
  for (const { lease, reason } of found.values()) {
    if (reason === 'released') continue
    for (const child of childrenOf(lease)) {
      const name = nameOf(child)
      if (!found.has(name)) found.set(name, { lease: child, reason: 'parent_gone', depth: -1 })
    }
  }
  for (const planned of found.values()) setDepth(planned, found)
  return [...found.values()]
}

/** Walks up to the topmost lease of the plan, or to one whose depth is known, and numbers the way down again. */
function setDepth<L extends PlannedLease>(planned: Planned<L>, found: ReadonlyMap<string, Planned<L>>): void {
  const path = new Set<Planned<L>>()
  let above: Planned<L> | undefined = planned
  while (above !== undefined && above.depth < 0 && !path.has(above)) {
    path.add(above)
    above = above.lease.parent && found.get(nameOf(above.lease.parent))
  }
  let depth = above === undefined ? -1 : above.depth
  for (const below of [...path].toReversed()) {
    depth += 1
    below.depth = depth
  }
}

function nameOf({ id, epoch }: LeaseRef): string {
  return `${id} ${epoch}`
}
