/**
 * Watches the memory of the agents on this host: how much each takes, and which grow.
 *
 * Invariants:
 * - A look that fails ends nothing: it is told to `onError`, and the next one comes.
 * - Looks do not overlap; a call while one runs gets that one's result.
 * - While an alert stands, the same growth raises no other. What could not be told, because the store was away, is told later.
 * - What is remembered is bounded, in time and in number of agents.
 * - After `stop()` nothing of it is left: no timer, no look. Alerts that stood are cleared, and said to be unwatched.
 *
 * It sees this host alone: each host has its own watch. Two watches of one host both tell of a leak. Its timer does not keep the
 * process alive.
 */
import { clearUnref } from '../../clock/clear-unref.ts'
import type { Clock } from '../../clock/clock.ts'
import { aborted } from '../../errors/abort.ts'
import type { EventInput } from '../../events/event-log.ts'
import { untilAborted } from '../../scope/resources/until-aborted.ts'
import type { LeaseRef } from '../records.ts'
import type { CallOptions, FleetStore } from '../store.ts'
import { GrowthWindow } from './growth-window.ts'
import { Histories } from './histories.ts'
import { LeakAlerts, type LeakAlert, type LeakChange } from './leak-alerts.ts'
import { leakEvent } from './leak-events.ts'
import type { MemoryWatchSettings } from './memory-watch-options.ts'
import { nameOf, type MemorySample } from './memory-sample.ts'
import { Sampler } from './sampler.ts'
import type { MemoryPoint } from './series.ts'

/** What a watch needs of its fleet. */
export interface MemoryWatchParts extends MemoryWatchSettings {
  store: FleetStore
  clock: Clock
  /** Names this watch in events. */
  holder: string
  /** Something was written that tells of itself in an event. */
  written: () => void
  /** Holds the watches that have to be stopped; this one is in it while it runs or looks. */
  active: Set<MemoryWatch>
  /** @throws OakumError STORE_CLOSED */
  assertOpen: () => void
}

/** A look that costs much comes less often: at most this share of a processor goes into looking, … */
const SHARE = 1 / 50
/** … but so often within one window at least. */
const LOOKS_AT_LEAST = 10
/** Events that wait for a store that is away; beyond it the oldest go. */
const UNTOLD = 100

export class MemoryWatch {
  readonly #parts: MemoryWatchParts
  readonly #sampler: Sampler
  #growth: GrowthWindow
  readonly #alerts: LeakAlerts
  readonly #histories = new Histories()
  #untold: EventInput[] = []
  #latest: MemorySample | null = null
  #sampling: Promise<MemorySample> | undefined
  #background: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #abort = new AbortController()
  #started = false

  /** Made by `fleet.memoryWatch`. */
  constructor(parts: MemoryWatchParts) {
    this.#parts = parts
    this.#sampler = new Sampler(parts.store)
    this.#growth = new GrowthWindow(parts.window)
    this.#alerts = new LeakAlerts(parts)
  }

  /** The last sample; null before the first. */
  get latest(): MemorySample | null {
    return this.#latest
  }

  /** The leaks that stand, the oldest first, as the last sample found them. */
  get alerts(): readonly LeakAlert[] {
    return this.#alerts.standing
  }

  /** How an agent's memory went, or without one the fleet's; oldest first. Empty for an agent that has long been gone. */
  history(agent?: LeaseRef): readonly MemoryPoint[] {
    return agent === undefined ? this.#histories.fleet() : this.#histories.agent(nameOf(agent))
  }

  /**
   * Looks now and then every `every`. Idempotent.
   *
   * @throws OakumError STORE_CLOSED
   */
  start(): void {
    this.#parts.assertOpen()
    if (this.#started) return
    this.#started = true
    this.#abort = new AbortController()
    this.#parts.active.add(this)
    this.#sampleIn(0)
  }

  /**
   * One look. Joins the one that is under way, if any; the signal ends this call alone, since others may wait for that look.
   *
   * @throws OakumError STORE_CLOSED, ABORTED, and what a store may throw
   */
  sample({ signal }: CallOptions = {}): Promise<MemorySample> {
    this.#parts.assertOpen()
    if (signal?.aborted === true) return Promise.reject(aborted(signal))
    this.#parts.active.add(this)
    this.#sampling ??= this.#sample(this.#abort.signal).finally(() => {
      this.#sampling = undefined
      if (!this.#started) this.#parts.active.delete(this)
    })
    return untilAborted(this.#sampling, signal)
  }

  /** Ends the looks, and clears what stands. Idempotent; `start()` may be called again. */
  async stop(): Promise<void> {
    this.#started = false
    const abort = this.#abort
    abort.abort()
    clearUnref(this.#timer)
    this.#timer = undefined
    await this.#background
    await this.#sampling?.catch(ignore) // its caller is told
    this.#growth = new GrowthWindow(this.#parts.window)
    await this.#tell(this.#alerts.clear()).catch(this.#parts.onError)
    if (this.#abort === abort) this.#abort = new AbortController()
    if (!this.#started) this.#parts.active.delete(this)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #sampleIn(wait: number): void {
    const { signal } = this.#abort
    this.#timer = setTimeout(() => {
      const before = process.cpuUsage()
      this.#background = this.sample()
        .then(ignore, error => (signal.aborted ? undefined : this.#parts.onError(error)))
        .finally(() => {
          this.#background = undefined
          const { user, system } = process.cpuUsage(before)
          if (!signal.aborted) this.#sampleIn(this.#waitAfter((user + system) / 1_000))
        })
    }, wait).unref()
  }

  #waitAfter(cost: number): number {
    const { every, window } = this.#parts
    return Math.max(every, Math.min(cost / SHARE, window / LOOKS_AT_LEAST))
  }

  async #sample(signal: AbortSignal): Promise<MemorySample> {
    const { clock } = this.#parts
    const { names, processes, ...look } = await this.#sampler.look({ signal })
    const now = clock.monotonic()
    const sample: MemorySample = { at: clock.now(), ...look }
    this.#latest = sample
    this.#histories.add(now, sample)
    await this.#tell(this.#alerts.update(sample.at, names, this.#growth.add(now, names, processes)))
    return sample
  }

  async #tell(changes: readonly LeakChange[]): Promise<void> {
    const { clock, holder, store, written } = this.#parts
    const time = clock.now()
    const events = changes.map(change => ({ ...leakEvent(change, holder), time }))
    this.#untold = [...this.#untold, ...events].slice(-UNTOLD)
    if (this.#untold.length === 0) return
    for (let [event] = this.#untold; event !== undefined; [event] = this.#untold) {
      await store.addEvent(event)
      this.#untold.shift()
    }
    written()
  }
}

function ignore(): void {}
