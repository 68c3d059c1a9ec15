/**
 * Which agents of this host have died. Proof, not silence: a process is known by pid, start time and boot.
 *
 * Invariants:
 * - Each look costs one page of newly registered agents and one read of each distinct process.
 * - Agents of another boot or pid namespace are never judged here.
 * - A death is reported at each look until `forget` is called: nothing is lost when a claim fails.
 * - A look beats for the adopted agents that live, see adoption.ts.
 * - What it remembers is at most about twice what lives.
 */
import { isAlive, selfIdentity, type ProcessIdentity } from '../process/identity.ts'
import { AdoptedBeats } from './adoption.ts'
import { LIVE_PHASES, type LeaseRef } from './records.ts'
import type { CallOptions, FleetStore } from './store.ts'
import { LIST_LIMIT } from './store-limits.ts'

/** From so many leases on it is worth asking which of them ended. */
const PRUNE_FROM = 1_000

interface Occupant {
  process: ProcessIdentity
  leases: Map<string, LeaseRef>
}

export class Presence {
  readonly #store: FleetStore
  readonly #occupants = new Map<string, Occupant>()
  readonly #adopted: AdoptedBeats
  /** The newest registration seen. */
  #after = 0
  /** At how many remembered leases to ask next; undefined before the first look, which learns only what lives. */
  #pruneAt: number | undefined

  constructor(store: FleetStore) {
    this.#store = store
    this.#adopted = new AdoptedBeats(store)
  }

  /** The leases whose process is gone. */
  async look(options: CallOptions = {}): Promise<LeaseRef[]> {
    await this.#learn(options)
    await this.#prune(options)
    await this.#adopted.beat(isAlive, options)
    return this.#leasesOf(({ process }) => !isAlive(process))
  }

  /** These leases need no look any more. */
  forget(refs: readonly LeaseRef[]): void {
    for (const ref of refs) this.#adopted.forget(ref)
    const names = new Set(refs.map(nameOf))
    for (const [key, { leases }] of this.#occupants) {
      for (const name of leases.keys()) if (names.has(name)) leases.delete(name)
      if (leases.size === 0) this.#occupants.delete(key)
    }
  }

  async #learn(options: CallOptions): Promise<void> {
    const { bootId } = selfIdentity()
    for (;;) {
      const page = await this.#store.list({
        ...options,
        bootId,
        after: this.#after,
        phases: LIVE_PHASES,
        limit: LIST_LIMIT,
      })
      for (const record of page) {
        const { id, epoch, seq, process } = record
        this.#adopted.learn(record)
        const key = `${process.pid}:${process.startTime}`
        let occupant = this.#occupants.get(key)
        if (occupant === undefined) this.#occupants.set(key, (occupant = { process, leases: new Map() }))
        occupant.leases.set(nameOf({ id, epoch }), { id, epoch })
        this.#after = Math.max(this.#after, seq)
      }
      if (page.length === 0) return // a page may be short of records that cannot be read
    }
  }

  /** Forgets the leases that ended in another way. Only when they may be half of all, so that looks stay cheap. */
  async #prune(options: CallOptions): Promise<void> {
    let count = 0
    for (const { leases } of this.#occupants.values()) count += leases.size
    this.#pruneAt ??= Math.max(PRUNE_FROM, count * 2)
    if (count < this.#pruneAt) return
    const all = this.#leasesOf(() => true)
    let left = all.length
    for (let start = 0; start < all.length; start += LIST_LIMIT) {
      const { fenced } = await this.#store.check(all.slice(start, start + LIST_LIMIT), options)
      this.forget(fenced)
      left -= fenced.length
    }
    this.#pruneAt = Math.max(PRUNE_FROM, left * 2)
  }

  #leasesOf(which: (occupant: Occupant) => boolean): LeaseRef[] {
    const refs: LeaseRef[] = []
    for (const occupant of this.#occupants.values()) {
      if (which(occupant)) for (const ref of occupant.leases.values()) refs.push(ref)
    }
    return refs
  }
}

function nameOf({ id, epoch }: LeaseRef): string {
  return `${id} ${epoch}`
}
