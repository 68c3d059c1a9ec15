/**
 * Tells when a database changed.
 *
 * Limits: SQLite has no notification across processes, so `PRAGMA data_version` is polled; it costs microseconds and
 * reads no table. It moves with commits of *other* connections only: who writes on this one calls `touch()`.
 *
 * The timer runs only while somebody listens, and never keeps the process alive. Each `onChange` returns its release.
 */
import type { Database } from './database.ts'

export interface WatchOptions {
  /** Milliseconds between two looks. @default 100 */
  interval?: number
}

export class Watch {
  readonly #database: Database
  readonly #interval: number
  readonly #listeners = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #seen = 0
  #touched = false
  #closed = false

  constructor(database: Database, options: WatchOptions = {}) {
    this.#database = database
    this.#interval = options.interval ?? 100
  }

  /**
   * Calls back after any later change, once for many that come together, and when the watch closes. The listener must
   * not throw. Returns its release.
   */
  onChange(listener: () => void): () => void {
    // An object of its own per call: the same function given twice is released once each.
    const entry = (): void => listener()
    if (this.#closed) return () => {}
    if (this.#listeners.size === 0) this.#start()
    this.#listeners.add(entry)
    return () => {
      if (this.#listeners.delete(entry) && this.#listeners.size === 0) this.#stop()
    }
  }

  /** This connection wrote something: listeners are called in a microtask, never inside the caller's own call. */
  touch(): void {
    if (this.#touched || this.#listeners.size === 0) return
    this.#touched = true
    queueMicrotask(() => {
      this.#touched = false
      this.#notify()
    })
  }

  /** Calls all listeners once more, so that they can see the end, and forgets them. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#stop()
    this.#notify()
    this.#listeners.clear()
  }

  #start(): void {
    this.#seen = this.#version()
    this.#timer = setInterval(() => this.#poll(), this.#interval).unref()
  }

  #stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #poll(): void {
    const version = this.#version()
    if (version === this.#seen) return
    this.#seen = version
    this.#notify()
  }

  /** NaN when it cannot be read, which differs from everything: listeners are called, and meet the error in a read of theirs. */
  #version(): number {
    try {
      return this.#database.get<{ data_version: number }>('PRAGMA data_version')?.data_version ?? Number.NaN
    } catch {
      return Number.NaN
    }
  }

  #notify(): void {
    // oxlint-disable-next-line no-useless-spread -- a copy: who listens from within a call is told of the next change
    for (const listener of [...this.#listeners]) listener()
  }
}
