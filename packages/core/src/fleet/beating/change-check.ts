/**
 * Asks the store about leases soon after it changed: somebody may have asked for a stop, or ended one. Seen long before the next
 * beat.
 *
 * Invariants:
 * - However often the store changes, it is asked no more often than every `CHECK_EVERY`, and not twice at once.
 * - It listens, and has a timer, only between `start` and `stop`.
 */
import { clearUnref } from '../../clock/clear-unref.ts'
import type { LeaseRef } from '../records.ts'
import type { BeatReply, FleetStore } from '../store.ts'

export interface ChangeCheckOptions {
  store: Pick<FleetStore, 'check' | 'onChange'>
  refs: () => LeaseRef[]
  onReply: (reply: BeatReply) => void
}

/** Milliseconds. */
const CHECK_EVERY = 50

export class ChangeCheck {
  readonly #options: ChangeCheckOptions
  readonly #closing = new AbortController()
  #unsubscribe: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #checking: Promise<void> | undefined
  #changed = false

  constructor(options: ChangeCheckOptions) {
    this.#options = options
  }

  /** Listens from now on. Idempotent. */
  start(): void {
    this.#unsubscribe ??= this.#options.store.onChange(() => this.#onChange())
  }

  stop(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    clearUnref(this.#timer)
    this.#timer = undefined
  }

  /** Stops, and waits for what is under way. */
  async close(): Promise<void> {
    this.stop()
    this.#closing.abort()
    await this.#checking
  }

  #onChange(): void {
    this.#changed = true
    if (this.#checking === undefined) this.#timer ??= setTimeout(() => this.#start(), CHECK_EVERY).unref()
  }

  #start(): void {
    this.#timer = undefined
    this.#changed = false
    this.#checking = this.#check().finally(() => {
      this.#checking = undefined
      if (this.#changed && this.#unsubscribe !== undefined) this.#onChange()
    })
  }

  async #check(): Promise<void> {
    const { store, refs, onReply } = this.#options
    try {
      onReply(await store.check(refs(), { signal: this.#closing.signal }))
    } catch {
      // The next beat asks the same.
    }
  }
}
