/**
 * How late an event loop is, seen from itself or from another thread.
 *
 * Invariants:
 * - The loop ticks, and says with each tick when the next will come; how long that is over can be read while the loop stands still.
 * - Each delay is told once: what was told of it while it lasted is not told again when it is over.
 * - All times are of the monotonic clock, which the threads of a process share, in milliseconds.
 */

/** Positions in the shared memory. */
const NEXT_TICK = 0
const WORST = 1
const TOLD = 2
const LENGTH = 3

/** `NEXT_TICK` while the loop does not tick. */
const NEVER = 0n

export class LoopPulse {
  /** What another thread makes its own pulse of the same loop from. */
  readonly buffer: SharedArrayBuffer
  readonly #slots: BigInt64Array<SharedArrayBuffer>

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(LENGTH * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#slots = new BigInt64Array(buffer)
  }

  /** The loop turns, and will tick again in `wait`. Returns how late this tick is. */
  tick(now: number, wait: number): number {
    const late = this.overdue(now)
    const untold = late - this.#exchange(TOLD, 0)
    if (untold > this.#load(WORST)) this.#exchange(WORST, untold)
    this.#exchange(NEXT_TICK, now + wait)
    return late
  }

  /** The loop will not tick for a while; nothing is late until it does again. */
  rest(): void {
    Atomics.store(this.#slots, NEXT_TICK, NEVER)
    this.#exchange(WORST, 0)
    this.#exchange(TOLD, 0)
  }

  /** How late the loop is at this moment. */
  overdue(now: number): number {
    const next = this.#load(NEXT_TICK)
    return next === 0 ? 0 : Math.max(0, now - next)
  }

  /** How late the loop was at worst since the last call, or is now. */
  take(now: number): number {
    const worst = this.#exchange(WORST, 0)
    const overdue = this.overdue(now)
    if (overdue <= worst) return worst
    this.#exchange(TOLD, overdue)
    return overdue
  }

  #load(slot: number): number {
    return Number(Atomics.load(this.#slots, slot))
  }

  #exchange(slot: number, value: number): number {
    return Number(Atomics.exchange(this.#slots, slot, BigInt(Math.floor(value))))
  }
}
