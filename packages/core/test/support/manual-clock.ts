import type { Clock } from '../../src/clock/clock.ts'

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #wall = 1_760_000_000_000
  #monotonic = 5_000

  now(): number {
    return this.#wall
  }

  monotonic(): number {
    return this.#monotonic
  }

  /** Time passes. */
  advance(milliseconds: number): void {
    this.#wall += milliseconds
    this.#monotonic += milliseconds
  }

  /** Somebody sets the wall clock, or the machine sleeps: the monotonic clock does not notice. */
  setWall(by: number): void {
    this.#wall += by
  }
}
