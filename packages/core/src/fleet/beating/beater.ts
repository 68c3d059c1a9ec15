/**
 * Keeps the leases of one process alive.
 *
 * Invariants:
 * - One beater per fleet; it beats for each lease until its owner removes it, from the lease's `onEnd`.
 * - Beats are sent inline, or by another thread once that one has taken over; should it be lost, inline again.
 * - A lease without an acknowledged beat for `fenceAfter` is fenced here, without asking anybody. Only when the event loop itself
 *   stood still, so that nothing was asked, is the store asked once more: it knows whether the lease has ended.
 * - Timers and threads do not keep a process alive. Timers exist only while there are leases.
 */
import { clearUnref } from '../../clock/clear-unref.ts'
import type { Clock } from '../../clock/clock.ts'
import type { BeatsMode } from '../fleet-options.ts'
import type { Lease } from '../lease.ts'
import type { LeaseRef } from '../records.ts'
import type { BeatReply, FleetStore } from '../store.ts'
import { BeatLoop, keyOf, type BeatAnswer } from './beat-loop.ts'
import { ChangeCheck } from './change-check.ts'
import { LoopPulse } from './loop-pulse.ts'
import type { StoreAddress } from './store-address.ts'
import { WorkerBeats } from './worker-beats.ts'

export interface BeaterOptions {
  store: FleetStore
  clock: Clock
  /** Milliseconds between beats. */
  beatEvery: number
  /** Milliseconds of lag from which on the agents count as stuck. */
  stuckAfter: number
  /** Who sends the beats. */
  beats: BeatsMode
  /** Where another thread finds the store; without it, beats are inline. */
  address?: StoreAddress | undefined
  /** Told when the thread that beat is gone, and why. */
  onWorkerLost: (error: unknown) => void
}

/** The event loop is measured so often, in milliseconds, or more often when little lag is much. */
const TICK_EVERY = 1_000
const TICKS_UNTIL_STUCK = 4
/** How long the store has to answer after the event loop stood still, at most. */
const LAST_QUESTION = 5_000
/** So many beats in one delay came from a thread that went on; one may be that of a process that just came back. */
const TELLING_ANSWERS = 2

export class Beater {
  readonly #options: BeaterOptions
  readonly #leases = new Map<string, Lease>()
  readonly #pulse = new LoopPulse()
  readonly #tickEvery: number
  readonly #inline: BeatLoop
  readonly #changes: ChangeCheck
  #worker: WorkerBeats | undefined
  /** Whether the other thread has beaten, so that this one need not. */
  #takenOver = false
  /** Beats that were acknowledged since the event loop was measured last. */
  #answers = 0
  #tickTimer: NodeJS.Timeout | undefined
  #fenceTimer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: BeaterOptions) {
    const { store, clock, beatEvery, stuckAfter } = options
    this.#options = options
    this.#tickEvery = Math.min(TICK_EVERY, stuckAfter / TICKS_UNTIL_STUCK)
    this.#inline = new BeatLoop({
      store,
      clock,
      beatEvery,
      stuckAfter,
      takeLag: now => {
        this.#heed() // a loop that comes back may do so here; this very beat asks the store
        return this.#pulse.take(now)
      },
      onAnswer: answer => this.#onAnswer(answer),
    })
    this.#changes = new ChangeCheck({
      store,
      refs: () => Array.from(this.#leases.values(), ({ ref }) => ref),
      onReply: reply => this.#apply(reply),
    })
  }

  /** Beats for a lease from now on; the first beat goes out at once. */
  add(lease: Lease): void {
    if (this.#options.beats === 'worker') this.#startWorker()
    this.#leases.set(keyOf(lease.ref), lease)
    if (this.#tickTimer === undefined) this.#tick()
    if (!this.#takenOver) this.#inline.add(lease)
    this.#worker?.add(lease.ref)
    this.#changes.start()
    if (this.#fenceTimer === undefined) this.#watchDeadlines() // else an older lease's deadline comes first
  }

  /** Stops beating for a lease. */
  remove(lease: Lease): void {
    if (!this.#leases.delete(keyOf(lease.ref))) return
    this.#inline.remove(lease.ref)
    this.#worker?.remove(lease.ref)
    if (this.#leases.size === 0) this.#rest()
  }

  /**
   * Hears what this process missed while its event loop stood still. Called when a lease is about to be given up for silence, which
   * may be before any timer of the loop.
   */
  catchUp(): void {
    if (!this.#heed()) return
    if (this.#takenOver) this.#worker?.beatSoon()
    else this.#inline.beatSoon()
  }

  /** Stops all, and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true
    this.#leases.clear()
    this.#rest()
    await Promise.all([this.#inline.close(), this.#changes.close(), this.#worker?.close()])
  }

  #rest(): void {
    clearUnref(this.#tickTimer)
    clearUnref(this.#fenceTimer)
    this.#tickTimer = undefined
    this.#fenceTimer = undefined
    this.#inline.clear()
    this.#changes.stop()
    this.#pulse.rest()
  }

  #tick(): void {
    this.catchUp()
    this.#passProgressOn()
    clearUnref(this.#tickTimer)
    this.#tickTimer = setTimeout(() => this.#tick(), this.#tickEvery).unref()
  }

  /** Measures the event loop, and acts on a long delay. Returns whether the store has to be asked. */
  #heed(): boolean {
    const { clock, beatEvery, stuckAfter, beats } = this.#options
    this.#worker?.drain()
    const answers = this.#answers
    this.#answers = 0
    const now = clock.monotonic()
    const late = this.#pulse.tick(now, this.#tickEvery)
    if (late >= stuckAfter && beats === 'auto') this.#startWorker()
    if (late < beatEvery) return false
    // Not one beat went out in that time. What the store says now counts, and not that nobody asked it.
    const until = now + Math.min(beatEvery, LAST_QUESTION)
    for (const lease of this.#leases.values()) {
      lease.putOff(until)
      if (answers < TELLING_ANSWERS) lease.excuse()
    }
    this.#watchDeadlines()
    return true
  }

  #passProgressOn(): void {
    if (!this.#takenOver) return
    const refs: LeaseRef[] = []
    for (const lease of this.#leases.values()) if (lease.takeProgress()) refs.push(lease.ref)
    if (refs.length > 0) this.#worker?.progressed(refs)
  }

  #startWorker(): void {
    const { address, beatEvery, stuckAfter, onWorkerLost } = this.#options
    if (address === undefined || this.#worker !== undefined || this.#closed) return
    try {
      this.#worker = new WorkerBeats({
        address,
        beatEvery,
        stuckAfter,
        pulse: this.#pulse.buffer,
        onAnswer: answer => {
          if (!this.#takenOver) this.#inline.clear()
          this.#takenOver = true
          this.#onAnswer(answer)
        },
        onLost: error => {
          this.#worker = undefined
          this.#takenOver = false
          for (const lease of this.#leases.values()) this.#inline.add(lease)
          onWorkerLost(error)
        },
      })
      for (const { ref } of this.#leases.values()) this.#worker.add(ref)
    } catch (error) {
      onWorkerLost(error) // no thread may be had, as under Node's permission model; beats are inline as they were
    }
  }

  #onAnswer({ sentAt, refs, reply }: BeatAnswer): void {
    this.#answers += 1
    for (const ref of refs) this.#find(ref)?.acknowledge(sentAt)
    this.#apply(reply)
    if (this.#leases.size > 0) this.#watchDeadlines()
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
    this.#fenceTimer = undefined
    let first = Infinity
    for (const lease of this.#leases.values()) first = Math.min(first, lease.deadline)
    if (first === Infinity) return
    const wait = Math.max(1, first - this.#options.clock.monotonic() + 1)
    this.#fenceTimer = setTimeout(() => {
      const now = this.#options.clock.monotonic()
      for (const lease of this.#leases.values()) lease.fenceIfSilent(now)
      this.#watchDeadlines()
    }, wait).unref()
  }
}
