/**
 * One agent of this process, or of a process that this one speaks for.
 *
 * Invariants:
 * - Every write is refused with FENCED from the moment the lease is known to have ended, here or in the store.
 * - `release()` ends the lease once, however often and from wherever it is called.
 * - The process that the agent lives in is never ended by its own `release()`.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../clock/clock.ts'
import { throwIfAborted } from '../errors/abort.ts'
import { isOakumError, OakumError } from '../errors/error.ts'
import type { Lease } from './lease.ts'
import { fencedError } from './lease.ts'
import type { Epoch, LeaseRef } from './records.ts'
import type { ReleaseReport } from './reclaim.ts'
import type { RegisterOptions } from './register-options.ts'
import { describeResource, type ResourceRefs, type UserResource } from './resource-refs.ts'
import type { Release } from '../scope/scope.ts'
import type { CallOptions, FleetStore } from './store.ts'

/** Where an agent is in its life, as its own process knows it. */
export type AgentPhase = 'starting' | 'alive' | 'draining' | 'released' | 'fenced'

export interface LockOptions extends CallOptions {
  /** Milliseconds to wait for the lock; 0 tries once. @default no limit */
  timeout?: number
}

/** What an agent needs of its fleet. */
export interface AgentParts {
  store: FleetStore
  clock: Clock
  lease: Lease
  /** Real paths below which directories may be owned. */
  roots: readonly string[]
  /** Variables for the environment of child processes, so that they are found when the agent dies. */
  env: Readonly<Record<string, string>>
  /** Ends the lease and reclaims what it owns. */
  end: (ref: LeaseRef, signal: AbortSignal | undefined) => Promise<ReleaseReport>
  /** Something was written that tells of itself in an event. */
  written: () => void
  /** Registers another agent of the fleet. */
  register: (options: RegisterOptions) => Promise<Agent>
}

/** Milliseconds between two tries for a lock that somebody else holds. */
const LOCK_RETRY = 50

export class Agent implements LeaseRef {
  readonly #parts: AgentParts
  /** How often each lock of the store is held. */
  readonly #holds = new Map<string, number>()
  #draining = false
  #released = false
  #releasing: Promise<ReleaseReport> | undefined

  /** Made by `fleet.register`. */
  constructor(parts: AgentParts) {
    this.#parts = parts
  }

  get id(): string {
    return this.#parts.lease.ref.id
  }

  get epoch(): Epoch {
    return this.#parts.lease.ref.epoch
  }

  /** Aborts with an error FENCED (stop at once: nothing may be written any more) or STOP_REQUESTED (finish, then release). */
  get signal(): AbortSignal {
    return this.#parts.lease.signal
  }

  /** Variables to add to the environment of child processes: they are then found when this agent dies. */
  get env(): Readonly<Record<string, string>> {
    return this.#parts.env
  }

  get phase(): AgentPhase {
    if (this.#released) return 'released'
    if (this.#parts.lease.fenced !== undefined) return 'fenced'
    if (this.#draining) return 'draining'
    return this.#parts.lease.acknowledged ? 'alive' : 'starting'
  }

  /**
   * Takes something into the lease: it is reclaimed when the lease ends, however it ends.
   * Returns a release that takes it out again, and leaves the thing itself alone.
   *
   * @throws OakumError FENCED, PATH_OUTSIDE_ROOTS, PROCESS_NOT_FOUND, LOCK_HELD, INVALID_OPTION
   */
  async own<K extends keyof ResourceRefs>(kind: K, ref: ResourceRefs[K], options?: CallOptions): Promise<Release>
  async own(kind: string, ref: UserResource, options?: CallOptions): Promise<Release>
  async own(kind: string, ref: unknown, options: CallOptions = {}): Promise<Release> {
    throwIfAborted(options.signal)
    this.#assertLive()
    const { store, roots, lease } = this.#parts
    if (kind === 'lock' && typeof ref === 'string' && !ref.includes('/'))
      return this.lock(ref, { ...options, timeout: 0 })
    const resource = await describeResource(kind, ref, roots)
    await this.#write(() => store.own(lease.ref, resource, options))
    return once(async () => {
      await this.#write(() => store.disown(lease.ref, resource.kind, resource.key))
    })
  }

  /**
   * Registers an agent in the same fleet as this one's child: a coordinator that ends this lease ends the child's first. A release of
   * this one leaves it alive.
   *
   * @throws OakumError FENCED when this lease has ended; what `fleet.register` throws
   */
  async child(options: Omit<RegisterOptions, 'parent'>): Promise<Agent> {
    this.#assertLive()
    return this.#parts.register({ ...options, parent: this.#parts.lease.ref })
  }

  /** Says that the agent got on with its work; sent with the next beat. */
  progress(): void {
    this.#parts.lease.progress()
  }

  /** Changes the user's own word for what the agent does. @throws OakumError FENCED */
  async setState(state: string, options: CallOptions = {}): Promise<void> {
    await this.#write(() => this.#parts.store.update(this.#parts.lease.ref, { state }, options))
  }

  /** Asks the store whether the lease still stands. @throws OakumError FENCED */
  async assertAlive(options: CallOptions = {}): Promise<void> {
    await this.#write(() => this.#parts.store.update(this.#parts.lease.ref, {}, options))
  }

  /** Writes a value that all agents can read, and that goes with the lease. @throws OakumError FENCED, RESOURCE_REFUSED */
  async setKey(key: string, value: string, options: CallOptions = {}): Promise<void> {
    await this.#write(() => this.#parts.store.setKey(this.#parts.lease.ref, key, value, options))
  }

  /** Reads a value that any agent wrote. */
  async getKey(key: string, options: CallOptions = {}): Promise<string | null> {
    return this.#parts.store.getKey(key, options)
  }

  /** Removes a value of this agent's. False when there is none. @throws OakumError FENCED */
  async deleteKey(key: string, options: CallOptions = {}): Promise<boolean> {
    return this.#write(() => this.#parts.store.deleteKey(this.#parts.lease.ref, key, options))
  }

  /**
   * Takes a lock of the store, waiting for whoever holds it. It is freed by the returned release, or with the lease.
   * It keeps other agents out: this agent itself may take it again, and holds it until each of its releases was called.
   *
   * @throws OakumError LOCK_HELD when the time-out passed, FENCED
   */
  async lock(name: string, { signal, timeout = Infinity }: LockOptions = {}): Promise<Release> {
    const { store, lease } = this.#parts
    const options: CallOptions = signal === undefined ? {} : { signal }
    const giveUpAt = performance.now() + timeout
    while (!(await this.#write(() => store.tryLock(lease.ref, name, options)))) {
      const left = giveUpAt - performance.now()
      if (left <= 0) throw new OakumError('LOCK_HELD', `Another agent holds the lock ${name}.`, { facts: { name } })
      await pause(Math.min(left, LOCK_RETRY), undefined, options).catch(() => throwIfAborted(signal))
    }
    this.#hold(name, 1)
    return once(async () => {
      if (this.#hold(name, -1) > 0) return
      try {
        await this.#write(() => store.unlock(lease.ref, name))
      } catch (error) {
        this.#hold(name, 1)
        throw error
      }
    })
  }

  /** Says that the agent takes no new work and will release soon. @throws OakumError FENCED */
  async drain(options: CallOptions = {}): Promise<void> {
    await this.#write(() => this.#parts.store.update(this.#parts.lease.ref, { phase: 'draining' }, options))
    this.#draining = true
  }

  /**
   * Ends the lease, and reclaims what it still owns; resolves when that is done. Without effect on a lease that a
   * coordinator ended: what it owned is being reclaimed there.
   *
   * @throws OakumError RESOURCE_REFUSED when something could not be reclaimed: a coordinator tries again
   */
  release({ signal }: CallOptions = {}): Promise<ReleaseReport> {
    this.#released = true
    this.#releasing ??= this.#release(signal).catch((error: unknown) => {
      this.#releasing = undefined // what failed can be tried again
      throw error
    })
    return this.#releasing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }

  async #release(signal: AbortSignal | undefined): Promise<ReleaseReport> {
    const { lease, end } = this.#parts
    if (lease.fenced !== undefined) return { released: 0, kept: [] }
    lease.end()
    return end(lease.ref, signal)
  }

  /** Counts how often a lock is held here, and returns it. */
  #hold(name: string, by: 1 | -1): number {
    const holds = (this.#holds.get(name) ?? 0) + by
    if (holds > 0) this.#holds.set(name, holds)
    else this.#holds.delete(name)
    return holds
  }

  #assertLive(): void {
    const { lease, clock } = this.#parts
    // Asked here too, and not only by a timer: a process that was stopped for minutes may write before its timers run.
    lease.fenceIfSilent(clock.monotonic())
    if (lease.fenced !== undefined) throw lease.fenced
    if (this.#released) throw fencedError(lease.ref, 'it was released')
  }

  async #write<T>(write: () => Promise<T>): Promise<T> {
    this.#assertLive()
    try {
      return await write()
    } catch (error) {
      if (isOakumError(error, 'FENCED')) throw this.#parts.lease.fence('its lease has ended', error)
      throw error
    } finally {
      this.#parts.written()
    }
  }
}

/** Runs it once, or again after it failed. */
function once(release: () => Promise<void>): Release {
  let running: Promise<void> | undefined
  return () =>
    (running ??= release().catch((error: unknown) => {
      running = undefined
      throw error
    }))
}
