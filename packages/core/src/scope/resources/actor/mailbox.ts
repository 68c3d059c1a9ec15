import type { Overflow } from './options.ts'
import { Queue, type Queueable } from './queue.ts'

/** What became of a message: it is in the mailbox, waits for room, or is not wanted. */
export type Placement = 'queued' | 'waiting' | 'refused'

/**
 * Messages in the order in which they came, and those that wait for room.
 *
 * Invariants:
 * - At most `capacity` are queued.
 * - Nobody waits while there is room: whoever leaves lets the first of those in.
 */
export class Mailbox<E extends Queueable> {
  readonly #queued = new Queue<E>()
  readonly #waiting = new Queue<E>()
  readonly #capacity: number
  readonly #overflow: Overflow
  readonly #admitted: (entry: E) => void
  readonly #dropped: (entry: E) => void

  /**
   * @param admitted Told of each that waited and now has room.
   * @param dropped Told of each that was queued and had to go for a newer one.
   */
  constructor(capacity: number, overflow: Overflow, admitted: (entry: E) => void, dropped: (entry: E) => void) {
    this.#capacity = capacity
    this.#overflow = overflow
    this.#admitted = admitted
    this.#dropped = dropped
  }

  get queued(): number {
    return this.#queued.size
  }

  get waiting(): number {
    return this.#waiting.size
  }

  get isFull(): boolean {
    return this.#queued.size >= this.#capacity
  }

  put(entry: E): Placement {
    if (this.isFull) {
      if (this.#overflow === 'wait') {
        this.#waiting.push(entry)
        return 'waiting'
      }
      if (this.#overflow !== 'drop-oldest') return 'refused'
      const oldest = this.#queued.shift()
      if (oldest !== undefined) this.#dropped(oldest)
    }
    this.#queued.push(entry)
    return 'queued'
  }

  /** The next message. */
  take(): E | undefined {
    const entry = this.#queued.shift()
    this.#admit()
    return entry
  }

  /** The one who sent it does not want it handled any more. */
  withdraw(entry: E): void {
    this.#waiting.delete(entry)
    if (this.#queued.delete(entry)) this.#admit()
  }

  takeQueued(): E[] {
    return this.#queued.takeAll()
  }

  takeWaiting(): E[] {
    return this.#waiting.takeAll()
  }

  #admit(): void {
    if (this.isFull) return
    const entry = this.#waiting.shift()
    if (entry === undefined) return
    this.#queued.push(entry)
    this.#admitted(entry)
  }
}
