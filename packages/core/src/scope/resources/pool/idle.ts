import { clearUnref } from '../../../clock/clear-unref.ts'

/** A value of a pool, with the times that decide on its end, by `performance.now()`. */
export interface Entry<T> {
  readonly value: T
  readonly createdAt: number
  idleSince: number
}

/** The values that nobody has borrowed. One timer, unref'd, which exists only while there are any. */
export class IdleValues<T> {
  /** In the order in which they were given back. */
  #entries: Entry<T>[] = []
  #timer: NodeJS.Timeout | undefined = undefined
  readonly #idle: number
  readonly #lifetime: number
  readonly #expired: (entry: Entry<T>) => void

  constructor(idle: number, lifetime: number, expired: (entry: Entry<T>) => void) {
    this.#idle = idle
    this.#lifetime = lifetime
    this.#expired = expired
  }

  get size(): number {
    return this.#entries.length
  }

  /** Whether a value has lived long enough. */
  isOver({ createdAt }: Entry<T>): boolean {
    return createdAt + this.#lifetime <= performance.now()
  }

  /** Keeps a value, or hands it to `expired` when its life is over. */
  put(entry: Entry<T>): void {
    entry.idleSince = performance.now()
    if (this.#endOf(entry) <= entry.idleSince) {
      this.#expired(entry)
      return
    }
    this.#entries.push(entry)
    this.#arm()
  }

  /** The one that was given back last, so that those not needed grow old. */
  take(): Entry<T> | undefined {
    const now = performance.now()
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      if (this.#entries.length === 0) this.#disarm()
      if (this.#endOf(entry) > now) return entry
      this.#expired(entry)
    }
    return undefined
  }

  takeAll(): Entry<T>[] {
    const all = this.#entries
    this.#entries = []
    this.#disarm()
    return all
  }

  #endOf({ createdAt, idleSince }: Entry<T>): number {
    return Math.min(createdAt + this.#lifetime, idleSince + this.#idle)
  }

  #arm(): void {
    this.#disarm()
    if (this.#entries.length === 0) return
    const end = Math.min(...this.#entries.map(entry => this.#endOf(entry)))
    this.#timer = setTimeout(() => this.#sweep(), Math.max(1, Math.ceil(end - performance.now())))
    this.#timer.unref()
  }

  #disarm(): void {
    clearUnref(this.#timer)
    this.#timer = undefined
  }

  #sweep(): void {
    this.#timer = undefined
    const now = performance.now()
    const old = this.#entries.filter(entry => this.#endOf(entry) <= now)
    this.#entries = this.#entries.filter(entry => this.#endOf(entry) > now)
    this.#arm()
    for (const entry of old) this.#expired(entry)
  }
}
