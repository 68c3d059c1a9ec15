import { OakumError } from '../errors/error.ts'
import type { Beaten } from './beating/beat-loop.ts'
import type { LeaseRef } from './records.ts'

/** The error of a lease that has ended. */
export function fencedError(ref: LeaseRef, why: string, cause?: unknown): OakumError {
  return new OakumError('FENCED', `Agent ${ref.id} (epoch ${ref.epoch}) is fenced: ${why}.`, {
    cause,
    facts: { id: ref.id, epoch: ref.epoch },
  })
}

export interface LeaseOptions {
  /** Milliseconds without an acknowledged beat until the lease fences itself. */
  fenceAfter: number
  /** Whether the agent lives in this very process. */
  isHere: boolean
  /** Whether it counts as stalled without progress. */
  promisesProgress: boolean
  /** When the registration was sent, by the monotonic clock. */
  sentAt: number
  /** Called before the lease is given up for silence: a beat may have been acknowledged that it has not heard of. */
  onSilence: () => void
  /** Called once, when the lease was released or fenced. */
  onEnd: (lease: Lease) => void
}

/**
 * What this process knows of one lease of its own.
 *
 * Invariants:
 * - Fenced is final: no later reply of the store brings the lease back.
 * - The time of an acknowledged beat is the time at which it was *sent*, so that the store's lease never ends before
 *   this process thinks it does.
 * - Its end is put off at most once after each acknowledged beat.
 */
export class Lease implements Beaten {
  readonly ref: LeaseRef
  readonly isHere: boolean
  readonly #controller = new AbortController()
  readonly #fenceAfter: number
  readonly #promisesProgress: boolean
  readonly #onSilence: () => void
  readonly #onEnd: (lease: Lease) => void
  #acknowledgedAt: number
  /** 0 when the end is not put off. */
  #putOffUntil = 0
  #acknowledged = false
  #progressed = false
  #fenced: OakumError | undefined
  #ended = false

  constructor(ref: LeaseRef, options: LeaseOptions) {
    this.ref = ref
    this.isHere = options.isHere
    this.#fenceAfter = options.fenceAfter
    this.#promisesProgress = options.promisesProgress
    this.#onSilence = options.onSilence
    this.#onEnd = options.onEnd
    this.#acknowledgedAt = options.sentAt
  }

  /** Aborts with FENCED or STOP_REQUESTED, whichever comes first. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get fenced(): OakumError | undefined {
    return this.#fenced
  }

  /** Whether a beat was ever acknowledged. */
  get acknowledged(): boolean {
    return this.#acknowledged
  }

  /** When the lease fences itself unless a beat is acknowledged, by the monotonic clock. */
  get deadline(): number {
    return Math.max(this.#acknowledgedAt + this.#fenceAfter, this.#putOffUntil)
  }

  acknowledge(sentAt: number): void {
    this.#acknowledged = true
    this.#acknowledgedAt = Math.max(this.#acknowledgedAt, sentAt)
    this.#putOffUntil = 0
  }

  /** The lease shall not fence itself before that time: the store is asked, and may not have answered yet. */
  putOff(until: number): void {
    if (this.#putOffUntil === 0 && until > this.deadline) this.#putOffUntil = until
  }

  fence(why: string, cause?: unknown): OakumError {
    this.#fenced ??= fencedError(this.ref, why, cause)
    this.#controller.abort(this.#fenced)
    this.end()
    return this.#fenced
  }

  /** Nothing is to be done for this lease any more: it was released, or fenced. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd(this)
  }

  /** Fences a lease for which no beat was acknowledged in time, whatever the store may think. One that was released has no beats. */
  fenceIfSilent(now: number): boolean {
    if (!this.#ended && now > this.deadline) this.#onSilence()
    if (!this.#ended && now > this.deadline) this.fence('no beat was acknowledged in time')
    return this.#fenced !== undefined
  }

  requestStop(): void {
    if (this.signal.aborted) return
    const { id, epoch } = this.ref
    this.#controller.abort(new OakumError('STOP_REQUESTED', `Agent ${id} was asked to stop.`, { facts: { id, epoch } }))
  }

  progress(): void {
    this.#progressed = true
  }

  /** The process stood still, and nobody was told that there was no progress: that time is not held against the agent. */
  excuse(): void {
    if (this.#promisesProgress) this.progress()
  }

  /** Whether there was progress since the last call. */
  takeProgress(): boolean {
    const progressed = this.#progressed
    this.#progressed = false
    return progressed
  }
}
