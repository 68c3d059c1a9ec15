import type { LeaseRef, OwnedResource, ResourceInput } from '../../records.ts'
import { keyRefused } from '../../refusals.ts'
import { decodeData, encodeResource } from '../../resource-input.ts'
import type { FleetState } from './state.ts'

/** Taking a thing again replaces its data; it keeps its place and the time it was first taken. */
export function own(state: FleetState, ref: LeaseRef, resource: ResourceInput, now: number): void {
  const data = encodeResource(resource)
  const lease = state.requireLive(ref)
  const { kind, key } = resource
  const ownedAt = state.resource(lease, kind, key)?.ownedAt ?? now
  state.own(lease, { kind, key, data, ownedAt })
}

export function disown(state: FleetState, ref: LeaseRef, kind: string, key: string): boolean {
  return state.disown(state.requireLive(ref), kind, key)
}

/** In the order they were taken. */
export function resources(state: FleetState, ref: LeaseRef): OwnedResource[] {
  const lease = state.find(ref)
  if (lease === undefined) return []
  return Array.from(lease.resources.values(), ({ kind, key, data, ownedAt }) => ({
    kind,
    key,
    data: decodeData(data) ?? {},
    ownedAt,
    shared: state.isShared(lease, kind, key),
  }))
}

/** A key of a lease that has ended may be taken over at once; one of a live lease is refused. */
export function setKey(state: FleetState, ref: LeaseRef, key: string, value: string): void {
  const lease = state.requireLive(ref)
  const owner = state.keys.get(key)?.owner
  if (owner !== undefined && owner !== lease) {
    if (state.findLive(owner) !== undefined) throw keyRefused(key, { id: owner.id, epoch: owner.epoch })
    owner.keys.delete(key)
  }
  state.keys.set(key, { owner: lease, value })
  lease.keys.add(key)
}

export function deleteKey(state: FleetState, ref: LeaseRef, key: string): boolean {
  const lease = state.requireLive(ref)
  if (!lease.keys.delete(key)) return false
  return state.keys.delete(key)
}

/** Re-entrant. A lock of a lease that is being reclaimed stays held until the reclaim is finished. */
export function tryLock(state: FleetState, ref: LeaseRef, name: string): boolean {
  const lease = state.requireLive(ref)
  const holder = state.locks.get(name)
  if (holder !== undefined) return holder === lease
  state.locks.set(name, lease)
  lease.locks.add(name)
  return true
}

export function unlock(state: FleetState, ref: LeaseRef, name: string): boolean {
  const lease = state.requireLive(ref)
  if (!lease.locks.delete(name)) return false
  return state.locks.delete(name)
}
