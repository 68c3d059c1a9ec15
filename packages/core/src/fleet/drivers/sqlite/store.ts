/**
 * A fleet in `fleet.db`, shared by all processes of a machine.
 *
 * Invariants:
 * - Each method that changes something is one `BEGIN IMMEDIATE` transaction in which nothing waits: a process that dies
 *   at any point leaves either all of it or none.
 * - Changes of this connection wake its listeners at once; those of others are seen by polling.
 *
 * Who opens a store closes it.
 */
import type { Clock } from '../../../clock/clock.ts'
import { throwIfAborted } from '../../../errors/abort.ts'
import type { EventInput } from '../../../events/event-log.ts'
import type { ProcessIdentity } from '../../../process/identity.ts'
import type { Database } from '../../../sqlite/database.ts'
import { sqliteLocation } from '../../../sqlite/location.ts'
import { openDatabase } from '../../../sqlite/open.ts'
import { Watch } from '../../../sqlite/watch.ts'
import type { Guard } from '../../guard.ts'
import { validateId } from '../../ids.ts'
import type { AgentRecord, LeaseRef, OwnedResource, Registration, ResourceInput, Tombstone } from '../../records.ts'
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
import { LIST_LIMIT } from '../../store-limits.ts'
import type { Times } from '../../times.ts'
import { beat, check } from './beats.ts'
import { claim, expired } from './claims.ts'
import { deleteKey, disown, getKey, own, resources, setKey, tryLock, unlock } from './holdings.ts'
import { keep, kept } from './kept.ts'
import { addEvent, capOutbox, dropPendingEvents, pendingEvents } from './outbox.ts'
import { fail, finish, mayReclaim, reclaimed, renewClaims, retry } from './reclaims.ts'
import { register, requestStop, update } from './registrations.ts'
import { FLEET_SCHEMA } from './schema.ts'
import { anyStalled, settleStalled, stalled } from './stalls.ts'
import { openStoreClock } from './store-clock.ts'
import { tombstones } from './tombstones.ts'
import { counts, get, list, quarantined } from './views.ts'

export interface SqliteFleetStoreOptions {
  /** The folder of the store; `fleet.db` lies in it. Made when it is not there. */
  directory: string
  /** Milliseconds to wait, blocking, for another process's write. @default 5000 */
  busyTimeout?: number
  /** Milliseconds between two looks for what other processes wrote; only while somebody listens. @default 100 */
  pollInterval?: number
  /** @default the machine's clock */
  clock?: Clock
  /** Names the boot that the clock's monotonic time belongs to. @default asked of the system */
  bootId?: string
}

/** @throws STORE_UNREADABLE, STORE_CORRUPT, STORE_NEWER, STORE_FULL, STORE_BUSY; then nothing stays open. */
export async function openSqliteFleetStore(options: SqliteFleetStoreOptions): Promise<FleetStore> {
  const { directory, busyTimeout = 5_000, pollInterval = 100, clock, bootId } = options
  const database = openDatabase({ path: sqliteLocation(directory).fleet, busyTimeout, ...FLEET_SCHEMA })
  try {
    const times = openStoreClock(database, { clock, bootId })
    return new SqliteFleetStore(database, new Watch(database, { interval: pollInterval }), times)
  } catch (error) {
    database.close()
    throw error
  }
}

class SqliteFleetStore implements FleetStore {
  readonly #database: Database
  readonly #watch: Watch
  readonly #times: () => Times

  constructor(database: Database, watch: Watch, times: () => Times) {
    this.#database = database
    this.#watch = watch
    this.#times = times
  }

  register(registration: Registration, options?: CallOptions): Promise<RegisterReply> {
    return this.#write(options, database => {
      validateId(registration.id)
      return register(database, registration, this.#times())
    })
  }

  beat(beats: readonly Beat[], options?: CallOptions): Promise<BeatReply> {
    return this.#write(options, database => beat(database, beats, this.#times()))
  }

  update(ref: LeaseRef, change: Parameters<FleetStore['update']>[1], options?: CallOptions): Promise<void> {
    return this.#write(options, database => update(database, ref, change, this.#times().wall))
  }

  own(ref: LeaseRef, resource: ResourceInput, options?: CallOptions): Promise<void> {
    return this.#write(options, database => own(database, ref, resource, this.#now()))
  }

  disown(ref: LeaseRef, kind: string, key: string, options?: CallOptions): Promise<boolean> {
    return this.#write(options, database => disown(database, ref, kind, key))
  }

  resources(ref: LeaseRef, options?: CallOptions): Promise<OwnedResource[]> {
    return this.#read(options, database => resources(database, ref))
  }

  claim(request: ClaimRequest, options?: CallOptions): Promise<ClaimReply> {
    return this.#write(options, database => claim(database, request, this.#times()))
  }

  expired(limit: number, { guard, signal }: { guard?: Guard } & CallOptions = {}): Promise<ExpiredReply> {
    return this.#read({ signal }, database => expired(database, { limit, guard }, this.#now()))
  }

  renewClaims(tokens: readonly string[], claimTtl: number, options?: CallOptions): Promise<string[]> {
    return this.#write(options, database => renewClaims(database, tokens, claimTtl, this.#now()))
  }

  mayReclaim(token: string, kind: string, key: string, options?: CallOptions): Promise<Standing> {
    return this.#read(options, database => mayReclaim(database, token, kind, key))
  }

  reclaimed(token: string, kind: string, key: string, options?: CallOptions): Promise<boolean> {
    return this.#write(options, database => reclaimed(database, token, kind, key))
  }

  finish(token: string, facts: FinishFacts, options?: CallOptions): Promise<boolean> {
    return this.#write(options, database => finish(database, token, facts, this.#times()))
  }

  fail(token: string, options: FailOptions & CallOptions): Promise<'retry' | 'quarantined' | 'lost'> {
    return this.#write(options, database => fail(database, token, options, this.#times()))
  }

  async stalled(request: StalledRequest, options?: CallOptions): Promise<AgentRecord[]> {
    const any = await this.#read(options, database => anyStalled(database, request, this.#now()))
    return any ? this.#write(options, database => stalled(database, request, this.#times())) : []
  }

  settleStalled(ref: LeaseRef, verdict: { stop: boolean }, options?: CallOptions): Promise<boolean> {
    return this.#write(options, database => settleStalled(database, ref, verdict, this.#now()))
  }

  quarantined({ limit, signal }: { limit?: number } & CallOptions = {}): Promise<QuarantinedLease[]> {
    return this.#read({ signal }, database => quarantined(database, limit))
  }

  retry(id?: string, options?: CallOptions): Promise<number> {
    return this.#write(options, database => retry(database, id, this.#now()))
  }

  requestStop(id: string, options?: CallOptions): Promise<boolean> {
    return this.#write(options, database => requestStop(database, id, this.#now()))
  }

  check(refs: readonly LeaseRef[], options?: CallOptions): Promise<BeatReply> {
    return this.#read(options, database => check(database, refs, this.#now()))
  }

  get(id: string, options?: CallOptions): Promise<AgentRecord | null> {
    return this.#read(options, database => get(database, id))
  }

  list(options: ListOptions = {}): Promise<AgentRecord[]> {
    return this.#read(options, database => list(database, options))
  }

  tombstones({ id, limit = LIST_LIMIT, signal }: { id?: string; limit?: number } & CallOptions = {}): Promise<
    Tombstone[]
  > {
    return this.#read({ signal }, database => tombstones(database, id, limit))
  }

  counts(options?: CallOptions): Promise<FleetCounts> {
    return this.#read(options, counts)
  }

  keep(process: ProcessIdentity, options?: CallOptions): Promise<void> {
    return this.#write(options, database => keep(database, process, this.#now()))
  }

  kept(bootId: string, options?: CallOptions): Promise<ProcessIdentity[]> {
    return this.#read(options, database => kept(database, bootId))
  }

  getKey(key: string, options?: CallOptions): Promise<string | null> {
    return this.#read(options, database => getKey(database, key))
  }

  setKey(ref: LeaseRef, key: string, value: string, options?: CallOptions): Promise<void> {
    return this.#write(options, database => setKey(database, ref, key, value))
  }

  deleteKey(ref: LeaseRef, key: string, options?: CallOptions): Promise<boolean> {
    return this.#write(options, database => deleteKey(database, ref, key))
  }

  tryLock(ref: LeaseRef, name: string, options?: CallOptions): Promise<boolean> {
    return this.#write(options, database => tryLock(database, ref, name))
  }

  unlock(ref: LeaseRef, name: string, options?: CallOptions): Promise<boolean> {
    return this.#write(options, database => unlock(database, ref, name))
  }

  pendingEvents(limit: number, options?: CallOptions): Promise<{ last: number; events: EventInput[] }> {
    return this.#read(options, database => pendingEvents(database, limit))
  }

  dropPendingEvents(last: number, options?: CallOptions): Promise<void> {
    return this.#write(options, database => dropPendingEvents(database, last))
  }

  addEvent(event: EventInput, options?: CallOptions): Promise<void> {
    return this.#write(options, database => {
      addEvent(database, completeEvent(event, this.#times().wall))
      capOutbox(database)
    })
  }

  onChange(listener: () => void): () => void {
    return this.#watch.onChange(listener)
  }

  async close(): Promise<void> {
    this.#watch.close()
    this.#database.close()
  }

  #now(): number {
    return Math.floor(this.#times().now)
  }

  async #read<T>(
    options: { signal?: AbortSignal | undefined } | undefined,
    work: (database: Database) => T,
  ): Promise<T> {
    throwIfAborted(options?.signal)
    return work(this.#database)
  }

  async #write<T>(options: CallOptions | undefined, work: (database: Database) => T): Promise<T> {
    throwIfAborted(options?.signal)
    const result = this.#database.transaction(() => work(this.#database))
    this.#watch.touch()
    return result
  }
}
