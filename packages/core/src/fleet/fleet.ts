/**
 * A fleet as one process takes part in it.
 *
 * Invariants:
 * - An agent that was registered here is beaten for until it was released or fenced, and not a moment longer.
 * - Nothing is written for an agent whose id or roots cannot work.
 * - `close()` releases every agent registered here, ends every coordinator made here, and closes both drivers: all are
 *   tried, in bounded time, and what refused is reported. Registrations and releases under way are waited for first.
 */
import { randomUUID } from 'node:crypto'
import { OakumError } from '../errors/error.ts'
import type { EventLog } from '../events/event-log.ts'
import { identify, sameProcess, selfIdentity, type ProcessIdentity } from '../process/identity.ts'
import { Agent } from './agent.ts'
import { agentEnvironment } from './agent-environment.ts'
import { Beater } from './beating/beater.ts'
import type { StoreAddress } from './beating/store-address.ts'
import type { BatchParts } from './claims.ts'
import { Coordinator, type CoordinatorOptions } from './coordinator.ts'
import { RECLAIM_DEFAULTS, resolveCoordinatorOptions } from './coordinator-settings.ts'
import type { FleetSettings } from './fleet-options.ts'
import { validateId } from './ids.ts'
import { Lease } from './lease.ts'
import { Outbox } from './outbox.ts'
import { Presence } from './presence.ts'
import { reclaimersByKind } from './reclaimers/index.ts'
import { MemoryWatch } from './memory-watch/memory-watch.ts'
import { resolveMemoryWatchOptions, type MemoryWatchOptions } from './memory-watch/memory-watch-options.ts'
import { asError, type ReleaseReport } from './reclaim.ts'
import { releaseLease } from './release.ts'
import type { AgentRecord, LeaseRef, OwnedResource, Tombstone } from './records.ts'
import { linkToScope, type ScopeLinkOptions } from './scope-link.ts'
import type { RegisterOptions } from './register-options.ts'
import { prepareRegistration, registerLease, type PreparedRegistration } from './registering.ts'
import type { CallOptions, FleetCounts, FleetStore, ListOptions, QuarantinedLease } from './store.ts'
import { LIST_LIMIT } from './store-limits.ts'
import { UnderWay } from './under-way.ts'
import { withSignals } from './with-signals.ts'

export interface CloseOptions {
  /** Milliseconds for everything together; what still runs then is told to stop. @default 30_000 */
  deadline?: number
  /** Whether agents are released; without it their leases run out, or are found to be without a process. @default true */
  release?: boolean
}

export class Fleet {
  /** What happened: lifecycle events and output of agents. */
  readonly events: EventLog
  readonly #store: FleetStore
  readonly #settings: FleetSettings
  readonly #beater: Beater
  readonly #outbox: Outbox
  /** Names this connection in events. */
  readonly #holder: string
  readonly #agents = new Map<Lease, Agent>()
  /** What ties agents to their scopes. */
  readonly #unlinks = new Map<Lease, () => void>()
  /** Those that run, or sweep just now. */
  readonly #coordinators = new Set<Coordinator>()
  readonly #memoryWatches = new Set<MemoryWatch>()
  /** These leave an agent behind; no other call does. */
  readonly #registering = new UnderWay()
  readonly #releasing = new UnderWay()
  /** Ends every release, whoever asked for it, when the time to close is over. */
  readonly #timeIsUp = new AbortController()
  #closing: Promise<void> | undefined

  /** Made by `connect`. Takes over both drivers: `close()` closes them. */
  constructor(store: FleetStore, events: EventLog, settings: FleetSettings, address?: StoreAddress) {
    this.events = events
    this.#store = store
    this.#settings = settings
    this.#beater = new Beater({ store, ...settings, address, onWorkerLost: why => void this.#onWorkerLost(why) })
    this.#outbox = new Outbox(store, events)
    this.#holder = `${settings.host}:${process.pid}:${randomUUID().slice(0, 8)}`
  }

  /**
   * Registers an agent and begins to beat for it. An id whose earlier agent is proven dead on this host is taken over at
   * once; what that one held is left for a sweep.
   *
   * @throws OakumError INVALID_ID, INVALID_OPTION, AGENT_EXISTS, AGENT_NOT_FOUND (the parent), FENCED (the parent),
   *   SCOPE_CLOSED
   */
  async register(options: RegisterOptions): Promise<Agent> {
    this.#assertOpen()
    const prepared = await prepareRegistration(options, this.#store, this.#settings)
    this.#assertOpen()
    return this.#registering.add(this.#register(options, prepared))
  }

  /**
   * Makes a coordinator. It does nothing until `start()` or `sweep()`; `fleet.close()` stops it.
   *
   * @throws OakumError INVALID_OPTION, STORE_CLOSED
   */
  coordinator(options: CoordinatorOptions = {}): Coordinator {
    this.#assertOpen()
    const { reclaimers = [], onError = ignore, onStalled } = options
    return new Coordinator({
      ...this.#batchParts([...this.#settings.reclaimers, ...reclaimers]),
      ...resolveCoordinatorOptions(options, this.#settings.leaseTtl),
      holder: this.#holder,
      presence: new Presence(this.#store),
      outbox: this.#outbox,
      onStalled,
      onError,
      active: this.#coordinators,
      assertOpen: () => this.#assertOpen(),
    })
  }

  /**
   * Makes a watch over the memory of this host's agents. It does nothing until `start()` or `sample()`; `fleet.close()` stops it.
   *
   * @throws OakumError INVALID_OPTION, STORE_CLOSED
   */
  memoryWatch(options: MemoryWatchOptions = {}): MemoryWatch {
    this.#assertOpen()
    return new MemoryWatch({
      ...resolveMemoryWatchOptions(options),
      store: this.#store,
      clock: this.#settings.clock,
      holder: this.#holder,
      written: () => this.#outbox.kick(),
      active: this.#memoryWatches,
      assertOpen: () => this.#assertOpen(),
    })
  }

  /** All agents, those of other processes included, in order of registration. */
  async agents(options: Pick<ListOptions, 'phases' | 'signal'> = {}): Promise<AgentRecord[]> {
    const agents: AgentRecord[] = []
    for (;;) {
      const page = await this.list({ ...options, after: agents.at(-1)?.seq ?? 0 })
      agents.push(...page)
      if (page.length === 0) return agents // a page may be short of records that cannot be read
    }
  }

  /** One page of agents, for fleets that are too large to be held at once. */
  async list(options: ListOptions = {}): Promise<AgentRecord[]> {
    return this.#store.list({ limit: LIST_LIMIT, ...options })
  }

  /** One agent; null when none of that id is known. */
  async get(id: string, options?: CallOptions): Promise<AgentRecord | null> {
    return this.#store.get(validateId(id), options)
  }

  /** The agents that were registered here and have neither been released nor fenced. */
  get registered(): Agent[] {
    return [...this.#agents.values()]
  }

  /** Asks them to stop, as {@link requestStop} does, but without the store. */
  stopRegistered(): void {
    for (const lease of this.#agents.keys()) lease.requestStop()
  }

  /** Who could not be reclaimed, and why: no sweep tries again by itself. At most 1,000, the oldest first. */
  async quarantined(options?: CallOptions): Promise<QuarantinedLease[]> {
    return this.#store.quarantined(options)
  }

  /** Has the next sweep try to reclaim an agent in quarantine once more. False when none of that id is in quarantine. */
  async retry(id: string, options?: CallOptions): Promise<boolean> {
    return (await this.#store.retry(validateId(id), options)) > 0
  }

  /** What an agent owns. */
  async resources(ref: LeaseRef, options?: CallOptions): Promise<OwnedResource[]> {
    return this.#store.resources({ id: ref.id, epoch: ref.epoch }, options)
  }

  /** Reads a value that an agent wrote; null when there is none. */
  async getKey(key: string, options?: CallOptions): Promise<string | null> {
    return this.#store.getKey(key, options)
  }

  async counts(options?: CallOptions): Promise<FleetCounts> {
    return this.#store.counts(options)
  }

  /**
   * The store's time, in milliseconds since 1970: what times of records are compared with. The wall clock may have been set,
   * or gone on while the machine slept.
   */
  async now(options?: CallOptions): Promise<number> {
    return (await this.#store.check([], options)).now
  }

  /** The leases that ended, newest first. */
  async tombstones(options?: { id?: string; limit?: number } & CallOptions): Promise<Tombstone[]> {
    return this.#store.tombstones(options)
  }

  /** Asks an agent to stop: its signal aborts with STOP_REQUESTED, within about a second. False when it is not alive. */
  async requestStop(id: string, options?: CallOptions): Promise<boolean> {
    const asked = await this.#store.requestStop(validateId(id), options)
    this.#outbox.kick()
    return asked
  }

  /**
   * Keeps a process, and everything below it, from ever being ended by a reclaim.
   *
   * @throws OakumError PROCESS_NOT_FOUND
   */
  async keep(process: number | ProcessIdentity, options?: CallOptions): Promise<void> {
    const identity = typeof process === 'number' ? identify(process) : process
    if (identity === null) {
      throw new OakumError('PROCESS_NOT_FOUND', 'No such process runs.', { facts: { pid: process } })
    }
    await this.#store.keep(identity, options)
  }

  /** The processes of this boot that were kept. */
  async kept(options?: CallOptions): Promise<ProcessIdentity[]> {
    return this.#store.kept(selfIdentity().bootId, options)
  }

  /** Moves the events that wait in the store to the event log, whoever left them there. Happens by itself, a little later. */
  async flush(): Promise<void> {
    await this.#outbox.flush()
  }

  /**
   * Stops the coordinators made here, releases the agents registered here, and closes the store. Idempotent.
   *
   * @throws OakumError RESOURCE_REFUSED when something refused; its cause has each error, and everything was tried
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options)
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close({ deadline = 30_000, release = true }: CloseOptions): Promise<void> {
    const errors: unknown[] = []
    const attempt = async (step: () => Promise<unknown>): Promise<void> => {
      await step().catch((error: unknown) => errors.push(error))
    }
    const timer = setTimeout(() => this.#timeIsUp.abort(), deadline)
    await this.#registering.settled()
    const agents = release ? [...this.#agents.values()] : []
    await Promise.all([
      ...[...this.#coordinators].map(coordinator => attempt(() => coordinator.stop({ deadline }))),
      ...[...this.#memoryWatches].map(watch => attempt(() => watch.stop())),
      ...agents.map(agent => attempt(() => agent.release())),
      this.#releasing.settled(),
    ])
    clearTimeout(timer)
    await attempt(() => this.#beater.close())
    await attempt(() => this.#outbox.close())
    await attempt(() => this.events.close())
    await attempt(() => this.#store.close())
    if (errors.length === 0) return
    throw new OakumError('RESOURCE_REFUSED', `Closing the fleet met ${errors.length} error(s).`, {
      cause: errors.length === 1 ? errors[0] : new AggregateError(errors),
      facts: { errors: errors.length },
    })
  }

  async #register(options: RegisterOptions, { registration, mark }: PreparedRegistration): Promise<Agent> {
    const store = this.#store
    const settings = this.#settings
    const { id, roots } = registration
    const sentAt = settings.clock.monotonic()
    const { epoch } = await withSignals([options.signal, this.#timeIsUp.signal], signal =>
      registerLease(store, registration, { signal }),
    )
    const lease = new Lease(
      { id, epoch },
      {
        fenceAfter: settings.fenceAfter,
        isHere: sameProcess(registration.process, selfIdentity()),
        promisesProgress: options.progressTimeout !== undefined,
        sentAt,
        onSilence: () => this.#beater.catchUp(),
        onEnd: it => this.#onEnd(it),
      },
    )
    const agent = new Agent({
      store,
      clock: settings.clock,
      lease,
      roots,
      env: agentEnvironment({ id, epoch }, mark, options.scope?.env),
      end: (ref, signal) => this.#releasing.add(this.#release(ref, signal)),
      written: () => this.#outbox.kick(),
      register: child => this.register(child),
    })
    this.#agents.set(lease, agent)
    this.#beater.add(lease)
    this.#outbox.kick()
    if (options.scope !== undefined) await this.#link(lease, { agent, scope: options.scope })
    return agent
  }

  async #release(ref: LeaseRef, signal: AbortSignal | undefined): Promise<ReleaseReport> {
    const parts = { ...this.#batchParts(this.#settings.reclaimers), holder: this.#holder }
    try {
      return await withSignals([signal, this.#timeIsUp.signal], either => releaseLease(ref, parts, either))
    } finally {
      this.#outbox.kick()
    }
  }

  #batchParts(reclaimers: FleetSettings['reclaimers']): BatchParts {
    return { ...RECLAIM_DEFAULTS, store: this.#store, reclaimers: reclaimersByKind(this.#store, reclaimers) }
  }

  async #link(lease: Lease, link: Omit<ScopeLinkOptions, 'keep'>): Promise<void> {
    try {
      this.#unlinks.set(lease, linkToScope({ ...link, keep: pid => this.keep(pid) }))
    } catch (error) {
      await link.agent.release()
      throw error
    }
  }

  #onEnd(lease: Lease): void {
    this.#unlinks.get(lease)?.()
    this.#unlinks.delete(lease)
    this.#agents.delete(lease)
    this.#beater.remove(lease)
  }

  /** Beats go on inline. Somebody should know why there is no thread any more; a store that is away changes nothing. */
  async #onWorkerLost(cause: unknown): Promise<void> {
    const { host } = this.#settings
    const data = { host, pid: process.pid, error: asError(cause).message }
    await this.#store.addEvent({ type: 'beat_thread_lost', data }).catch(ignore)
    this.#outbox.kick()
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new OakumError('STORE_CLOSED', 'The fleet is closed.')
  }
}

function ignore(): void {}
