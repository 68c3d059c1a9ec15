/**
 * Sends the beats of one process, from whichever thread it runs in.
 *
 * Invariants:
 * - One batch for all leases; beats never overlap. A lease that joined is beaten for at once.
 * - A beat that fails is tried again with back-off, for as long as there are leases, and never throws.
 * - Its timers are unref'd, and exist only while there are leases.
 */
import { getHeapStatistics } from 'node:v8'
import { clearUnref } from '../../clock/clear-unref.ts'
import type { Clock } from '../../clock/clock.ts'
import type { LeaseRef } from '../records.ts'
import type { BeatReply, FleetStore } from '../store.ts'

/** A lease as far as beats go. */
export interface Beaten {
  readonly ref: LeaseRef
  /** Whether the agent lives in the process, and the thread, that beats: then its heap is told. */
  readonly isHere: boolean
  progress(): void
  /** Whether there was progress since the last call. */
  takeProgress(): boolean
}

/** What came of one batch. */
export interface BeatAnswer {
  /** When it was sent, by the monotonic clock. */
  sentAt: number
  refs: LeaseRef[]
  reply: BeatReply
}

export interface BeatLoopOptions {
  store: Pick<FleetStore, 'beat'>
  clock: Clock
  /** Milliseconds between beats. */
  beatEvery: number
  /** Milliseconds of lag from which on the agents count as stuck. */
  stuckAfter: number
  /** How late the event loop of the agents was since the last call, or is. `late` is the delay of the timer that asks. */
  takeLag: (now: number, late: number) => number
  onAnswer: (answer: BeatAnswer) => void
}

/** How soon a failed beat is tried again, at first. Doubles with each failure, up to `beatEvery`. */
const RETRY_AT_FIRST = 100
/** Each wait is shortened by up to this part, so that processes started together do not beat together. */
const JITTER = 0.1

export class BeatLoop {
  readonly #options: BeatLoopOptions
  readonly #leases = new Map<string, Beaten>()
  readonly #fresh = new Set<Beaten>()
  /** Ends a call that is under way when the loop closes. */
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #timerAt = 0
  #running: Promise<void> | undefined
  /** Whether the beat that is under way shall be followed by another one at once. */
  #again = false
  #failures = 0
  /** When all leases are due, by the monotonic clock; before it, only fresh ones are beaten for. */
  #dueAt = 0
  /** The lag of beats that failed. */
  #untoldLag = 0
  #stuck = false

  constructor(options: BeatLoopOptions) {
    this.#options = options
  }

  /** Whether the last beat said that the agents are stuck. */
  get stuck(): boolean {
    return this.#stuck
  }

  /** Beats for a lease from now on. */
  add(lease: Beaten): void {
    this.#leases.set(keyOf(lease.ref), lease)
    this.#fresh.add(lease)
    this.#schedule(0)
  }

  /** Stops beating for a lease. */
  remove(ref: LeaseRef): void {
    const lease = this.#leases.get(keyOf(ref))
    if (lease !== undefined) this.#fresh.delete(lease)
    this.#leases.delete(keyOf(ref))
    if (this.#leases.size === 0) this.#rest()
  }

  find(ref: LeaseRef): Beaten | undefined {
    return this.#leases.get(keyOf(ref))
  }

  /** Beats for all as soon as possible. */
  beatSoon(): void {
    this.#dueAt = 0
    this.#again = this.#running !== undefined
    if (this.#leases.size > 0) this.#schedule(0)
  }

  /** Stops beating for all. */
  clear(): void {
    this.#leases.clear()
    this.#fresh.clear()
    this.#rest()
  }

  /** Stops all, and waits for what is under way. */
  async close(): Promise<void> {
    this.clear()
    this.#closing.abort()
    await this.#running
  }

  #rest(): void {
    clearUnref(this.#timer)
    this.#timer = undefined
    this.#failures = 0
    this.#dueAt = 0
    this.#untoldLag = 0
    this.#stuck = false
  }

  #schedule(wait: number): void {
    if (this.#running !== undefined) return // when it has ended, it schedules the next
    clearUnref(this.#timer)
    this.#timerAt = this.#options.clock.monotonic() + wait
    this.#timer = setTimeout(() => {
      this.#running = this.#beat().finally(() => {
        this.#running = undefined
        if (this.#again) this.#dueAt = 0
        this.#again = false
        if (this.#leases.size > 0) this.#schedule(this.#nextWait())
      })
    }, wait).unref()
  }

  #nextWait(): number {
    return this.#fresh.size > 0 && this.#failures === 0 ? 0 : Math.max(0, this.#dueAt - this.#options.clock.monotonic())
  }

  async #beat(): Promise<void> {
    const { store, clock, beatEvery, stuckAfter, takeLag, onAnswer } = this.#options
    const sentAt = clock.monotonic()
    const all = sentAt >= this.#dueAt
    const leases = [...(all ? this.#leases.values() : this.#fresh)]
    this.#fresh.clear()
    if (leases.length === 0) return
    // Told by the beat of all alone: every lease shall hear of it.
    if (all) this.#untoldLag = Math.max(this.#untoldLag, Math.round(takeLag(sentAt, sentAt - this.#timerAt)))
    const lag = this.#untoldLag
    const stuck = all ? lag >= stuckAfter : this.#stuck
    const heap = getHeapStatistics().used_heap_size
    const beats = leases.map(lease => {
      const beat = { ...lease.ref, progressed: lease.takeProgress(), lag, stuck }
      return lease.isHere ? { ...beat, heap } : beat
    })
    try {
      const reply = await store.beat(beats, { signal: this.#closing.signal })
      this.#failures = 0
      if (all) this.#told(stuck, sentAt)
      onAnswer({ sentAt, refs: leases.map(({ ref }) => ref), reply })
    } catch {
      // Nobody needs to be told: a store that comes back is found by the next try, one that does not ends in a fence.
      for (const [index, lease] of leases.entries()) if (beats[index]?.progressed === true) lease.progress()
      this.#dueAt = clock.monotonic() + jittered(Math.min(RETRY_AT_FIRST * 2 ** this.#failures++, beatEvery))
    }
  }

  /** All have beaten. Agents that are stuck beat more often, so that it is seen soon when they are not any more. */
  #told(stuck: boolean, sentAt: number): void {
    const { beatEvery, stuckAfter } = this.#options
    if (this.#leases.size === 0) return
    this.#untoldLag = 0
    this.#stuck = stuck
    this.#dueAt = sentAt + jittered(stuck ? Math.min(beatEvery, stuckAfter / 2) : beatEvery)
  }
}

/** Names a lease in a map. */
export function keyOf({ id, epoch }: LeaseRef): string {
  return `${id} ${epoch}`
}

function jittered(wait: number): number {
  return wait * (1 - Math.random() * JITTER)
}
