/**
 * One timer for a moment that keeps being moved.
 *
 * A close waits for one thing after the other, each with a limit of its own. Moving the moment back leaves the timer
 * where it is; when it fires too early it is set anew. So most closes that wait at all make one timer.
 */
import { performance } from 'node:perf_hooks'

export class Alarm {
  readonly #ring: () => void
  #timer: NodeJS.Timeout | undefined = undefined
  #firesAt = Infinity
  #wantedAt = Infinity

  constructor(ring: () => void) {
    this.#ring = ring
  }

  /** Rings once at that time of `performance.now()`, in place of any earlier wish. */
  set(at: number): void {
    this.#wantedAt = at
    if (this.#timer === undefined || this.#firesAt > at) this.#arm(performance.now())
  }

  clear(): void {
    this.#wantedAt = Infinity
    this.#firesAt = Infinity
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #arm(now: number): void {
    clearTimeout(this.#timer)
    this.#firesAt = this.#wantedAt
    this.#timer = setTimeout(() => this.#fired(), Math.max(0, Math.ceil(this.#wantedAt - now)))
  }

  #fired(): void {
    const now = performance.now()
    // Node's timers may be a fraction of a millisecond early.
    if (this.#wantedAt > now + 1) {
      this.#arm(now)
      return
    }
    this.clear()
    this.#ring()
  }
}
