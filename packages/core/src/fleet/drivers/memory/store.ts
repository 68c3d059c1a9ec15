import type { Clock } from '../../../clock/clock.ts'
import { throwIfAborted } from '../../../errors/abort.ts'
import type { EventInput } from '../../../events/event-log.ts'
import type { ProcessIdentity } from '../../../process/identity.ts'
import type { Guard } from '../../guard.ts'
import { validateId } from '../../ids.ts'
import type { AgentRecord, LeaseRef, OwnedResource, Registration, ResourceInput, Tombstone } from '../../records.ts'
import { storeClosed } from '../../refusals.ts'
import type {
  Beat,
  BeatReply,
  CallOptions,
  ClaimReply,
  ClaimRequest,
  ExpiredReply,
  FailOptions,
  FinishFacts,
  FleetCounts,
  FleetStore,
  ListOptions,
  QuarantinedLease,
  RegisterReply,
  StalledRequest,
  Standing,
} from '../../store.ts'
import { completeEvent } from '../../store-events.ts'
import { HELD_LIMIT, LIST_LIMIT } from '../../store-limits.ts'
import { beat, check } from './beats.ts'
import { claim, expired, fail, finish, mayReclaim, reclaimed, renewClaims, retry } from './claims.ts'
import { deleteKey, disown, own, resources, setKey, tryLock, unlock } from './holdings.ts'
import { KeptProcesses } from './kept.ts'
import { toQuarantined, toRecord } from './lease.ts'
import { register, requestStop, update } from './registrations.ts'
import { settleStalled, stalled } from './stalls.ts'
import { FleetState } from './state.ts'
import type { Times } from '../../times.ts'
import { steadyTimes } from './steady-times.ts'

export interface MemoryFleetStoreOptions {
  /** @default the machine's clock */
  clock?: Clock
}

/** A fleet in the memory of one process: for tests and single processes. Nothing outlives it. */
export function createMemoryFleetStore(options: MemoryFleetStoreOptions = {}): FleetStore {
  return new MemoryFleetStore(options)
}

class MemoryFleetStore implements FleetStore {
  readonly #state = new FleetState()
  readonly #kept = new KeptProcesses()
  readonly #times: () => Times
  readonly #listeners = new Set<() => void>()
  #changed = false
  #closed = false

  constructor({ clock }: MemoryFleetStoreOptions) {
    this.#times = steadyTimes(clock)
  }

  register(registration: Registration, options?: CallOptions): Promise<RegisterReply> {
    return this.#write(options, () => {
      validateId(registration.id)
      return register(this.#state, registration, this.#times())
    })
  }

  beat(beats: readonly Beat[], options?: CallOptions): Promise<BeatReply> {
    return this.#write(options, () => beat(this.#state, beats, this.#times()))
  }

  update(ref: LeaseRef, change: Parameters<FleetStore['update']>[1], options?: CallOptions): Promise<void> {
    return this.#write(options, () => update(this.#state, ref, change, this.#times().wall))
  }

  own(ref: LeaseRef, resource: ResourceInput, options?: CallOptions): Promise<void> {
    return this.#write(options, () => own(this.#state, ref, resource, this.#times().now))
  }

  disown(ref: LeaseRef, kind: string, key: string, options?: CallOptions): Promise<boolean> {
    return this.#write(options, () => disown(this.#state, ref, kind, key))
  }

  resources(ref: LeaseRef, options?: CallOptions): Promise<OwnedResource[]> {
    return this.#read(options, () => resources(this.#state, ref))
  }

  claim(request: ClaimRequest, options?: CallOptions): Promise<ClaimReply> {
    return this.#write(options, () => claim(this.#state, request, this.#times()))
  }

  expired(limit: number, { guard, signal }: { guard?: Guard } & CallOptions = {}): Promise<ExpiredReply> {
    return this.#read({ signal }, () => expired(this.#state, { limit, guard }, this.#times().now))
  }

  renewClaims(tokens: readonly string[], claimTtl: number, options?: CallOptions): Promise<string[]> {
    return this.#write(options, () => renewClaims(this.#state, tokens, claimTtl, this.#times().now))
  }

  mayReclaim(token: string, kind: string, key: string, options?: CallOptions): Promise<Standing> {
    return this.#read(options, () => mayReclaim(this.#state, token, kind, key))
  }

  reclaimed(token: string, kind: string, key: string, options?: CallOptions): Promise<boolean> {
    return this.#write(options, () => reclaimed(this.#state, token, kind, key))
  }

  finish(token: string, facts: FinishFacts, options?: CallOptions): Promise<boolean> {
    return this.#write(options, () => finish(this.#state, token, facts, this.#times()))
  }

  fail(token: string, options: FailOptions & CallOptions): Promise<'retry' | 'quarantined' | 'lost'> {
    return this.#write(options, () => fail(this.#state, token, options, this.#times()))
  }

  stalled(request: StalledRequest, options?: CallOptions): Promise<AgentRecord[]> {
    return this.#write(options, () => stalled(this.#state, request, this.#times()))
  }

  settleStalled(ref: LeaseRef, verdict: { stop: boolean }, options?: CallOptions): Promise<boolean> {
    return this.#write(options, () => settleStalled(this.#state, ref, verdict, this.#times().now))
  }

  quarantined({ limit = HELD_LIMIT, signal }: { limit?: number } & CallOptions = {}): Promise<QuarantinedLease[]> {
    return this.#read({ signal }, () => {
      const leases = [...this.#state.quarantined].toSorted((a, b) => a.seq - b.seq)
      return leases.slice(0, limit).map(toQuarantined)
    })
  }

  retry(id?: string, options?: CallOptions): Promise<number> {
    return this.#write(options, () => retry(this.#state, id, this.#times().now))
  }

  requestStop(id: string, options?: CallOptions): Promise<boolean> {
    return this.#write(options, () => requestStop(this.#state, id, this.#times().now))
  }

  check(refs: readonly LeaseRef[], options?: CallOptions): Promise<BeatReply> {
    return this.#read(options, () => check(this.#state, refs, this.#times().now))
  }

  get(id: string, options?: CallOptions): Promise<AgentRecord | null> {
    return this.#read(options, () => {
      const lease = this.#state.newest(id)
      return lease === undefined ? null : toRecord(lease)
    })
  }

  list({ after = 0, bootId, phases, limit = LIST_LIMIT, signal }: ListOptions = {}): Promise<AgentRecord[]> {
    return this.#read({ signal }, () => {
      const records: AgentRecord[] = []
      for (const lease of this.#state.bySeq.values()) {
        if (records.length >= limit) break
        if (lease.seq <= after || (phases !== undefined && !phases.includes(lease.phase))) continue
        if (bootId === undefined || lease.registration.process.bootId === bootId) records.push(toRecord(lease))
      }
      return records
    })
  }

  tombstones({ id, limit = LIST_LIMIT, signal }: { id?: string; limit?: number } & CallOptions = {}): Promise<
    Tombstone[]
  > {
    return this.#read({ signal }, () => this.#state.tombstones(id, limit))
  }

  counts(options?: CallOptions): Promise<FleetCounts> {
    return this.#read(options, () => ({
      phases: { ...this.#state.phases },
      tombstones: this.#state.tombstoneCount,
    }))
  }

  keep(process: ProcessIdentity, options?: CallOptions): Promise<void> {
    const namesBoot = (bootId: string): boolean =>
      [...this.#state.bySeq.values()].some(({ registration }) => registration.process.bootId === bootId)
    return this.#write(options, () => this.#kept.keep(process, namesBoot, this.#times().now))
  }

  kept(bootId: string, options?: CallOptions): Promise<ProcessIdentity[]> {
    return this.#read(options, () => this.#kept.of(bootId))
  }

  getKey(key: string, options?: CallOptions): Promise<string | null> {
    return this.#read(options, () => this.#state.keys.get(key)?.value ?? null)
  }

  setKey(ref: LeaseRef, key: string, value: string, options?: CallOptions): Promise<void> {
    return this.#write(options, () => setKey(this.#state, ref, key, value))
  }

  deleteKey(ref: LeaseRef, key: string, options?: CallOptions): Promise<boolean> {
    return this.#write(options, () => deleteKey(this.#state, ref, key))
  }

  tryLock(ref: LeaseRef, name: string, options?: CallOptions): Promise<boolean> {
    return this.#write(options, () => tryLock(this.#state, ref, name))
  }

  unlock(ref: LeaseRef, name: string, options?: CallOptions): Promise<boolean> {
    return this.#write(options, () => unlock(this.#state, ref, name))
  }

  pendingEvents(limit: number, options?: CallOptions): Promise<{ last: number; events: EventInput[] }> {
    return this.#read(options, () => this.#state.pendingEvents(limit))
  }

  dropPendingEvents(last: number, options?: CallOptions): Promise<void> {
    return this.#write(options, () => this.#state.dropPendingEvents(last))
  }

  addEvent(event: EventInput, options?: CallOptions): Promise<void> {
    return this.#write(options, () => this.#state.addEvent(structuredClone(completeEvent(event, this.#times().wall))))
  }

  onChange(listener: () => void): () => void {
    // A wrapper per call, so that the same listener may be given twice and each is taken off alone.
    const call = (): void => listener()
    this.#listeners.add(call)
    return () => void this.#listeners.delete(call)
  }

  close(): Promise<void> {
    this.#closed = true
    this.#listeners.clear()
    return Promise.resolve()
  }

  /** Runs one whole method at once: nothing else can come between its steps. */
  async #read<T>(options: { signal?: AbortSignal | undefined } | undefined, work: () => T): Promise<T> {
    throwIfAborted(options?.signal)
    if (this.#closed) throw storeClosed()
    return work()
  }

  async #write<T>(options: CallOptions | undefined, work: () => T): Promise<T> {
    const result = await this.#read(options, work)
    this.#announce()
    return result
  }

  /** Tells listeners once for all changes of a turn. */
  #announce(): void {
    if (this.#changed || this.#listeners.size === 0) return
    this.#changed = true
    setImmediate(() => {
      this.#changed = false
      for (const listener of this.#listeners) listener()
    })
  }
}
