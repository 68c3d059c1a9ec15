/**
 * Keeps the leases of one process alive.
 *
 * Invariants:
 * - One beater per fleet; one batch for all its leases; beats never overlap.
 * - A beat that fails is tried again with back-off for as long as a lease lasts, and never throws into the process.
 * - A lease without an acknowledged beat for `fenceAfter` is fenced here, without asking anybody. This is looked at
 *   before each beat, so that a process that was stopped for longer than its lease wakes up fenced.
 * - Timers are unref'd: a fleet does not keep a process alive. They exist only while there are leases.
 * - A lease that ends is removed by its owner, from its `onEnd`.
 */
import { clearUnref } from '../clock/clear-unref.ts'
import type { Clock } from '../clock/clock.ts'
import type { Lease } from './lease.ts'
import type { LeaseRef } from './records.ts'
import type { BeatReply, FleetStore } from './store.ts'

export interface BeaterOptions {
  store: FleetStore
  clock: Clock
  /** Milliseconds between beats. */
  beatEvery: number
}

/** How soon a failed beat is tried again, at first. Doubles with each failure, up to `beatEvery`. */
const RETRY_AT_FIRST = 100
/** Each wait is shortened by up to this part, so that processes started together do not beat together. */
const JITTER = 0.1
/** Changes of the store are looked at no more often than this, in milliseconds. */
const CHECK_EVERY = 50

export class Beater {
  readonly #options: BeaterOptions
  readonly #leases = new Map<string, Lease>()
  readonly #fresh = new Set<Lease>()
  /** Ends calls that are under way when the beater closes. */
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #fenceTimer: NodeJS.Timeout | undefined
  #unsubscribe: (() => void) | undefined
  #running: Promise<void> | undefined
  #checkTimer: NodeJS.Timeout | undefined
  #checking: Promise<void> | undefined
  #changed = false
  #failures = 0
  /** When all leases are due, by the monotonic clock; before it, only fresh ones are beaten for. */
  #dueAt = 0

  constructor(options: BeaterOptions) {
    this.#options = options
  }

  /** Beats for a lease from now on; the first beat goes out at once. */
  add(lease: Lease): void {
    this.#leases.set(keyOf(lease.ref), lease)
    this.#fresh.add(lease)
    this.#unsubscribe ??= this.#options.store.onChange(() => this.#onChange())
    this.#schedule(0)
    if (this.#fenceTimer === undefined) this.#watchDeadlines() // else an older lease's deadline comes first
  }

  /** Stops beating for a lease. */
  remove(lease: Lease): void {
    this.#fresh.delete(lease)
    if (this.#leases.get(keyOf(lease.ref)) === lease) this.#leases.delete(keyOf(lease.ref))
    if (this.#leases.size === 0) this.#rest()
  }

  /** Stops all, and waits for what is under way. */
  async close(): Promise<void> {
    this.#leases.clear()
    this.#fresh.clear()
    this.#rest()
    this.#closing.abort()
    await this.#running
    await this.#checking
  }

  #rest(): void {
    clearUnref(this.#timer)
    clearUnref(this.#fenceTimer)
    clearUnref(this.#checkTimer)
    this.#timer = undefined
    this.#fenceTimer = undefined
    this.#checkTimer = undefined
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    this.#failures = 0
    this.#dueAt = 0
  }

  #schedule(wait: number): void {
    if (this.#running !== undefined) return // when it has ended, it schedules the next
    clearUnref(this.#timer)
    this.#timer = setTimeout(() => {
      this.#running = this.#beat().finally(() => {
        this.#running = undefined
        if (this.#leases.size > 0) this.#schedule(this.#nextWait())
      })
    }, wait).unref()
  }

  #nextWait(): number {
    return this.#fresh.size > 0 && this.#failures === 0 ? 0 : Math.max(0, this.#dueAt - this.#options.clock.monotonic())
  }

  async #beat(): Promise<void> {
    const { store, clock, beatEvery } = this.#options
    const sentAt = clock.monotonic()
    for (const lease of this.#leases.values()) lease.fenceIfSilent(sentAt)
    const due = sentAt >= this.#dueAt
    const leases = [...(due ? this.#leases.values() : this.#fresh)]
    this.#fresh.clear()
    if (leases.length === 0) return
    const beats = leases.map(lease => ({ ...lease.ref, progressed: lease.takeProgress() }))
    try {
      this.#apply(await store.beat(beats, { signal: this.#closing.signal }))
      for (const lease of leases) lease.acknowledge(sentAt)
      this.#failures = 0
      if (due) this.#dueAt = sentAt + jittered(beatEvery)
    } catch {
      // Nobody needs to be told: a store that comes back is found by the next try, one that does not ends in a fence.
      for (const [index, lease] of leases.entries()) if (beats[index]?.progressed === true) lease.progress()
      this.#dueAt = clock.monotonic() + jittered(Math.min(RETRY_AT_FIRST * 2 ** this.#failures++, beatEvery))
    }
    if (this.#leases.size > 0) this.#watchDeadlines()
  }

  /** The store changed: somebody may have asked for a stop or ended a lease. Seen long before the next beat. */
  #onChange(): void {
    this.#changed = true
    if (this.#checking === undefined) this.#checkTimer ??= setTimeout(() => this.#startCheck(), CHECK_EVERY).unref()
  }

  #startCheck(): void {
    this.#checkTimer = undefined
    this.#changed = false
    this.#checking = this.#check().finally(() => {
      this.#checking = undefined
      if (this.#changed && this.#leases.size > 0) this.#onChange()
    })
  }

  async #check(): Promise<void> {
    try {
      const refs = [...this.#leases.values()].map(lease => lease.ref)
      this.#apply(await this.#options.store.check(refs, { signal: this.#closing.signal }))
    } catch {
      // The next beat asks the same.
    }
  }

  #apply(reply: BeatReply): void {
    for (const ref of reply.stops) this.#find(ref)?.requestStop()
    for (const ref of reply.fenced) this.#find(ref)?.fence('its lease has ended')
  }

  #find(ref: LeaseRef): Lease | undefined {
    return this.#leases.get(keyOf(ref))
  }

  /** A timer of its own: a beat that hangs must not keep a lease from fencing itself. */
  #watchDeadlines(): void {
    clearUnref(this.#fenceTimer)
    if (this.#leases.size === 0) return
    let first = Infinity
    for (const lease of this.#leases.values()) first = Math.min(first, lease.deadline)
    const wait = Math.max(1, first - this.#options.clock.monotonic() + 1)
    this.#fenceTimer = setTimeout(() => {
      const now = this.#options.clock.monotonic()
      for (const lease of this.#leases.values()) lease.fenceIfSilent(now)
      this.#watchDeadlines()
    }, wait).unref()
  }
}

function keyOf(ref: LeaseRef): string {
  return `${ref.id} ${ref.epoch}`
}

function jittered(wait: number): number {
  return wait * (1 - Math.random() * JITTER)
}
