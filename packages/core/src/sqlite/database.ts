/**
 * One connection to one SQLite database.
 *
 * Invariants:
 * - Each SQL text is prepared once and kept until `close()`; texts are therefore constants of the code, never built from
 *   values.
 * - Everything is synchronous: a call that waits for another process's lock blocks the event loop, for at most the busy
 *   time-out.
 * - No cursor outlives its call, so that no reader keeps the WAL from being folded back.
 * - What is about the store is thrown as an OakumError (`STORE_…`); other errors of SQLite pass through.
 *
 * Who opens it closes it. `close()` is idempotent.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { retryBusy } from './busy.ts'
import { storeError } from './errors.ts'

/** Values for `?`, in order, or one object for `:name`. */
export type Parameters = SQLInputValue[] | [named: Record<string, SQLInputValue>]

export class Database {
  readonly path: string
  readonly #connection: DatabaseSync
  readonly #busyTimeout: number
  readonly #statements = new Map<string, StatementSync>()
  #inTransaction = false

  /** Takes over a connection that is open and set up; `openDatabase` makes it. */
  constructor(connection: DatabaseSync, path: string, busyTimeout: number) {
    this.#connection = connection
    this.path = path
    this.#busyTimeout = busyTimeout
  }

  get isOpen(): boolean {
    return this.#connection.isOpen
  }

  /** Runs a statement that changes something, and returns how many rows it changed. */
  run(sql: string, ...parameters: Parameters): number {
    return this.#guard(() => Number(bound(this.#prepare(sql)).run(...parameters).changes))
  }

  /** The first row, or undefined. `Row` is what the SQL selects; nothing checks it. */
  // oxlint-disable-next-line no-unnecessary-type-parameters -- the SQL decides the row, so its caller names the type
  get<Row>(sql: string, ...parameters: Parameters): Row | undefined {
    // oxlint-disable-next-line no-unsafe-type-assertion -- as above
    return this.#guard(() => bound(this.#prepare(sql)).get(...parameters) as Row | undefined)
  }

  /** All rows. The SQL bounds how many. */
  all<Row>(sql: string, ...parameters: Parameters): Row[] {
    // oxlint-disable-next-line no-unsafe-type-assertion -- as above
    return this.#guard(() => bound(this.#prepare(sql)).all(...parameters) as Row[])
  }

  /** Runs a script once: several statements, no parameters, nothing kept. */
  exec(sql: string): void {
    this.#guard(() => this.#connection.exec(sql))
  }

  /**
   * Runs `fn` inside `BEGIN IMMEDIATE`: it holds the one write lock from its first statement, and either all of it is
   * committed or, when it throws, none. Not nested, not asynchronous.
   *
   * @throws STORE_BUSY when another process kept the lock for the whole busy time-out; `fn` was not called then.
   */
  transaction<T>(fn: () => T): T {
    if (this.#inTransaction) throw new Error('A transaction must not begin inside another.')
    this.#guard(() => retryBusy(this.#busyTimeout, () => this.#connection.exec('BEGIN IMMEDIATE')))
    this.#inTransaction = true
    try {
      const result = fn()
      if (result instanceof Promise) throw new TypeError('A transaction must not be asynchronous.')
      this.exec('COMMIT')
      return result
    } catch (error) {
      this.#rollback()
      throw error
    } finally {
      this.#inTransaction = false
    }
  }

  /** Finalizes all statements and closes the connection. Idempotent. */
  close(): void {
    this.#statements.clear()
    if (this.#connection.isOpen) this.#connection.close()
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#connection.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #rollback(): void {
    try {
      this.#connection.exec('ROLLBACK')
    } catch {
      // After a full disk or an I/O error SQLite has rolled back by itself, and there is nothing left to end.
    }
  }

  #guard<T>(fn: () => T): T {
    try {
      return fn()
    } catch (error) {
      throw storeError(error, this.path)
    }
  }
}

/** The typings ask for named values first and positional ones after; at run time either is fine. */
function bound(statement: StatementSync): {
  run(...parameters: Parameters): { changes: number | bigint }
  get(...parameters: Parameters): unknown
  all(...parameters: Parameters): unknown[]
} {
  return statement
}
