/**
 * What a fleet of leases must be like, as simply as it can be said. It knows nothing of stores: it is told what was done
 * and what came of it, and throws when that cannot be.
 *
 * - A live lease ends for a reason: it was not heard of for as long as it is, somebody proved it dead, it was released, or its
 *   parent ended (other than by a release).
 * - Epochs of an id rise.
 * - A lease that ended has one holder at most. Only the latest claim on it can finish it, and only once.
 */
import type { LeaseRef } from '../../../src/fleet/records.ts'

export interface ModelLease extends LeaseRef {
  host: string
  parent: ModelLease | undefined
  ttl: number
  heardAt: number
  /** Whether somebody beats for it. */
  beats: boolean
  ended: boolean
  released: boolean
  quarantined: boolean
  finished: boolean
  claim: { token: string; until: number } | null
}

export class LeaseModel {
  readonly leases: ModelLease[] = []
  readonly #byName = new Map<string, ModelLease>()
  readonly #lastEpochs = new Map<string, number>()

  get live(): ModelLease[] {
    return this.leases.filter(({ ended }) => !ended)
  }

  registered(ref: LeaseRef, facts: { host: string; parent: ModelLease | undefined; ttl: number; now: number }): void {
    const { now, ...rest } = facts
    const last = this.#lastEpochs.get(ref.id) ?? 0
    this.assert(Number(ref.epoch) > last, `epoch ${ref.epoch} of ${ref.id} does not rise above ${last}`)
    this.#lastEpochs.set(ref.id, Number(ref.epoch))
    const before = this.live.find(({ id }) => id === ref.id)
    this.assert(before === undefined || isOverdue(before, now), `${nameOf(ref)} replaced a living agent`)
    if (before !== undefined) this.#end(before)
    const state = { beats: true, ended: false, released: false, quarantined: false, finished: false, claim: null }
    const lease: ModelLease = { ...ref, ...rest, heardAt: now, ...state }
    this.leases.push(lease)
    this.#byName.set(nameOf(ref), lease)
  }

  /** The store accepted these beats and answered that those are fenced. */
  beaten(leases: readonly ModelLease[], fenced: readonly LeaseRef[], now: number): void {
    const refused = new Set(fenced.map(nameOf))
    for (const lease of leases) {
      const isFenced = refused.has(nameOf(lease))
      this.assert(isFenced === lease.ended, `${nameOf(lease)} is ${isFenced ? '' : 'not '}fenced, wrongly`)
      if (!isFenced) lease.heardAt = now
    }
  }

  /** These live leases are found to have ended. */
  fenced(refs: readonly LeaseRef[], given: readonly ModelLease[], now: number): void {
    const ended = refs.map(ref => this.find(ref))
    for (const lease of ended) lease.ended = true
    for (const lease of ended) {
      const isGiven = given.includes(lease)
      const withParent = lease.parent?.ended === true && !lease.parent.released
      this.assert(isGiven || withParent || isOverdue(lease, now), `${nameOf(lease)} was reaped alive`)
    }
  }

  claimed(ref: LeaseRef, claim: { token: string; until: number }, now: number): void {
    const lease = this.find(ref)
    const held = lease.claim !== null && lease.claim.until > now
    this.assert(lease.ended && !lease.finished && !held, `${nameOf(lease)} was claimed though it is not free`)
    lease.claim = claim
  }

  finished(ref: LeaseRef, token: string, done: boolean): void {
    const lease = this.find(ref)
    const may = lease.claim?.token === token && !lease.finished
    this.assert(done === may, `${nameOf(lease)} was ${done ? '' : 'not '}finished, wrongly`)
    if (done) lease.finished = true
  }

  failed(ref: LeaseRef, token: string, outcome: 'retry' | 'quarantined' | 'lost'): void {
    const lease = this.find(ref)
    const may = lease.claim?.token === token && !lease.finished
    this.assert((outcome !== 'lost') === may, `${nameOf(lease)} failed with ${outcome}`)
    if (outcome === 'lost') return
    lease.claim = null
    lease.quarantined = outcome === 'quarantined'
  }

  renewed(ref: LeaseRef, token: string, { lost, until }: { lost: boolean; until: number }): void {
    const lease = this.find(ref)
    const has = lease.claim?.token === token && !lease.finished
    this.assert(lost !== has, `the claim on ${nameOf(lease)} is ${lost ? '' : 'not '}lost, wrongly`)
    if (!lost) lease.claim = { token, until }
  }

  find(ref: LeaseRef): ModelLease {
    const lease = this.#byName.get(nameOf(ref))
    if (lease === undefined) throw new Error(`Nobody registered ${nameOf(ref)}.`)
    return lease
  }

  assert(holds: boolean, otherwise: string): void {
    if (!holds) throw new Error(otherwise)
  }

  #end(lease: ModelLease): void {
    lease.ended = true
    for (const child of this.live.filter(({ parent }) => parent === lease)) this.#end(child)
  }
}

export function isOverdue({ heardAt, ttl }: ModelLease, now: number): boolean {
  return heardAt + ttl <= now
}

export function nameOf({ id, epoch }: LeaseRef): string {
  return `${id} ${epoch}`
}
