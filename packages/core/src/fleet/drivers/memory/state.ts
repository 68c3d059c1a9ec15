import type { EventInput } from '../../../events/event-log.ts'
import { type Epoch, type LeaseRef, LIVE_PHASES, type Phase, type Tombstone } from '../../records.ts'
import { nextEpoch } from '../../epoch.ts'
import { FRESH_GUARD, type GuardState } from '../../guard.ts'
import { fenced } from '../../refusals.ts'
import { PATH_KINDS } from '../../resource-paths.ts'
import { OUTBOX_LIMIT, TOMBSTONE_AGE, TOMBSTONE_BATCH, TOMBSTONE_LIMIT } from '../../store-limits.ts'
import { DueQueue } from './due-queue.ts'
import { Hosts } from './hosts.ts'
import { dueOf, type Lease, progressDue, type Resource, toTombstone, verdictDue } from './lease.ts'

/** All that a fleet in memory is, with the indexes that keep each call from looking at more than it touches. */
export class FleetState {
  /** The leases of an id, by epoch, oldest first. */
  readonly #byId = new Map<string, Map<string, Lease>>()
  /** By resource: the leases that own it. */
  readonly #owners = new Map<string, Set<Lease>>()
  readonly #tombstones = new Map<string, Tombstone>()
  /** Pending events by their number. */
  readonly #outbox = new Map<number, EventInput>()
  #lastEvent = 0
  #lastSeq = 0
  #lastEpoch = 0

  /** In order of registration. */
  readonly bySeq: Map<number, Lease> = new Map()
  readonly byToken: Map<string, Lease> = new Map()
  readonly due: DueQueue<Lease> = new DueQueue(dueOf)
  readonly progressDue: DueQueue<Lease> = new DueQueue(progressDue)
  readonly verdictDue: DueQueue<Lease> = new DueQueue(verdictDue)
  readonly phases: Record<Phase, number> = { starting: 0, alive: 0, draining: 0, reaping: 0, quarantined: 0 }
  /** Those whose deadline was put off; some may have been heard of since, or claimed. */
  readonly putOff: Set<Lease> = new Set()
  readonly hosts: Hosts = new Hosts()
  readonly quarantined: Set<Lease> = new Set()
  guard: GuardState = FRESH_GUARD
  readonly keys: Map<string, { owner: Lease; value: string }> = new Map()
  readonly locks: Map<string, Lease> = new Map()

  get live(): number {
    return this.phases.starting + this.phases.alive + this.phases.draining
  }

  nextSeq(): number {
    return (this.#lastSeq += 1)
  }

  nextEpoch(now: number): Epoch {
    this.#lastEpoch = nextEpoch(this.#lastEpoch, now)
    return String(this.#lastEpoch)
  }

  add(lease: Lease): void {
    const epochs = this.#byId.get(lease.id) ?? new Map<string, Lease>()
    this.#byId.set(lease.id, epochs.set(lease.epoch, lease))
    this.bySeq.set(lease.seq, lease)
    this.phases[lease.phase] += 1
    this.hosts.join(lease.registration.host)
    if (lease.parent !== undefined) this.find(lease.parent)?.children.add(lease)
    this.due.add(lease)
    this.progressDue.add(lease)
  }

  find(ref: LeaseRef): Lease | undefined {
    return this.#byId.get(ref.id)?.get(ref.epoch)
  }

  findLive(ref: LeaseRef): Lease | undefined {
    const lease = this.find(ref)
    return lease !== undefined && isLive(lease) ? lease : undefined
  }

  /** @throws OakumError FENCED */
  requireLive(ref: LeaseRef): Lease {
    const lease = this.findLive(ref)
    if (lease === undefined) throw fenced(ref)
    return lease
  }

  newest(id: string): Lease | undefined {
    return [...(this.#byId.get(id)?.values() ?? [])].at(-1)
  }

  /** The live leases right below one. */
  readonly liveChildren: (lease: Lease) => Lease[] = lease => [...lease.children].filter(isLive)

  setPhase(lease: Lease, phase: Phase): void {
    this.phases[lease.phase] -= 1
    this.phases[phase] += 1
    if (isLive(lease) && !LIVE_PHASES.includes(phase)) this.hosts.leave(lease.registration.host)
    lease.phase = phase
    if (phase === 'quarantined') this.quarantined.add(lease)
    else this.quarantined.delete(lease)
  }

  own(lease: Lease, resource: Resource): void {
    const name = resourceName(resource.kind, resource.key)
    lease.resources.set(name, resource)
    this.#owners.set(name, (this.#owners.get(name) ?? new Set()).add(lease))
  }

  resource(lease: Lease, kind: string, key: string): Resource | undefined {
    return lease.resources.get(resourceName(kind, key))
  }

  disown(lease: Lease, kind: string, key: string): boolean {
    const name = resourceName(kind, key)
    const owners = this.#owners.get(name)
    owners?.delete(lease)
    if (owners?.size === 0) this.#owners.delete(name)
    return lease.resources.delete(name)
  }

  /** Whether another live lease owns the same thing. */
  isShared(lease: Lease, kind: string, key: string): boolean {
    const owners = this.#owners.get(resourceName(kind, key)) ?? []
    return [...owners].some(owner => owner !== lease && isLive(owner))
  }

  /** Whether another live lease owns a place whose path begins so. Looks at every resource: there is no order among them. */
  isOccupied(lease: Lease, path: string): boolean {
    const names = PATH_KINDS.map(kind => resourceName(kind, path))
    for (const [name, owners] of this.#owners) {
      if (!names.some(start => name.startsWith(start))) continue
      if ([...owners].some(owner => owner !== lease && isLive(owner))) return true
    }
    return false
  }

  /** Removes a lease with all that it holds, and leaves a tombstone. */
  bury(lease: Lease, now: number): void {
    this.phases[lease.phase] -= 1
    this.bySeq.delete(lease.seq)
    this.due.delete(lease)
    this.putOff.delete(lease)
    this.progressDue.delete(lease)
    this.verdictDue.delete(lease)
    if (lease.token !== null) this.byToken.delete(lease.token)
    if (lease.parent !== undefined) this.find(lease.parent)?.children.delete(lease)
    for (const { kind, key } of lease.resources.values()) this.disown(lease, kind, key)
    for (const key of lease.keys) this.keys.delete(key)
    for (const name of lease.locks) this.locks.delete(name)
    const epochs = this.#byId.get(lease.id)
    epochs?.delete(lease.epoch)
    if (epochs?.size === 0) this.#byId.delete(lease.id)
    this.#tombstones.set(`${lease.id} ${lease.epoch}`, toTombstone(lease, now))
    this.#prune(now)
  }

  get tombstoneCount(): number {
    return this.#tombstones.size
  }

  /** Newest first. */
  tombstones(id: string | undefined, limit: number): Tombstone[] {
    const all = [...this.#tombstones.values()].toReversed()
    return (id === undefined ? all : all.filter(tombstone => tombstone.id === id)).slice(0, limit)
  }

  addEvent(event: EventInput): void {
    this.#lastEvent += 1
    this.#outbox.set(this.#lastEvent, event)
    this.#outbox.delete(this.#lastEvent - OUTBOX_LIMIT)
  }

  /** Oldest first. */
  pendingEvents(limit: number): { last: number; events: EventInput[] } {
    const pending = [...this.#outbox].slice(0, limit)
    return { last: pending.at(-1)?.[0] ?? 0, events: pending.map(([, event]) => structuredClone(event)) }
  }

  dropPendingEvents(last: number): void {
    for (const number of this.#outbox.keys()) {
      if (number > last) break
      this.#outbox.delete(number)
    }
  }

  #prune(now: number): void {
    let aged = 0
    for (const [name, { endedAt }] of this.#tombstones) {
      const excess = this.#tombstones.size > TOMBSTONE_LIMIT
      if (!excess && (aged >= TOMBSTONE_BATCH || endedAt > now - TOMBSTONE_AGE)) break
      if (!excess) aged += 1
      this.#tombstones.delete(name)
    }
  }
}

function isLive(lease: Lease): boolean {
  return LIVE_PHASES.includes(lease.phase)
}

function resourceName(kind: string, key: string): string {
  return `${kind}\0${key}`
}
