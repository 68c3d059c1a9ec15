/**
 * Events in `events.db`, shared by all processes of a machine.
 *
 * Invariants:
 * - `seq` is given under the one write lock that `BEGIN IMMEDIATE` takes, so numbers become visible in the order in which
 *   they are given: a reader that has seen `seq` never misses a lower one that is committed later.
 * - A batch is one transaction: all of it is there, or (full disk, a crash) none of it.
 * - Appends of this connection wake its tails at once; those of others are seen by polling, every 100 ms.
 * - A tail does not keep the process alive; whoever waits on one for long has something else that does.
 */
import { systemClock, type Clock } from '../../../clock/clock.ts'
import { throwIfAborted } from '../../../errors/abort.ts'
import type { Database } from '../../../sqlite/database.ts'
import { sqliteLocation } from '../../../sqlite/location.ts'
import { openDatabase } from '../../../sqlite/open.ts'
import { Watch } from '../../../sqlite/watch.ts'
import { decodeEvent, encodeEvents, type EncodedEvent } from '../../encoding.ts'
import type { AppendOptions, EventInput, EventLog, OakumEvent, ReadOptions, TailOptions } from '../../event-log.ts'
import { normalizeQuery } from '../../query.ts'
import { validateRetention, type RetainOptions, type RetainReport } from '../../retention.ts'
import { tailEvents } from '../../tail.ts'
import { retainEvents } from './retain.ts'
import { EVENTS_SCHEMA } from './schema.ts'
import { selectEvents } from './select.ts'

export interface SqliteEventLogOptions {
  /** The folder of the store; `events.db` lies in it. Made when it is not there. */
  directory: string
  /** Milliseconds to wait, blocking, for another process's write. @default 5000 */
  busyTimeout?: number
  /** Milliseconds between two looks for what other processes wrote; only while a tail waits. @default 100 */
  pollInterval?: number
  /** Gives events their time when they come without. @default the system's clock */
  clock?: Clock
}

/** @throws STORE_UNREADABLE, STORE_CORRUPT, STORE_NEWER, STORE_FULL, STORE_BUSY */
export async function openSqliteEventLog(options: SqliteEventLogOptions): Promise<EventLog> {
  const { directory, busyTimeout = 5_000, pollInterval = 100, clock = systemClock } = options
  const database = openDatabase({ path: sqliteLocation(directory).events, busyTimeout, ...EVENTS_SCHEMA })
  return new SqliteEventLog(database, new Watch(database, { interval: pollInterval }), clock)
}

const INSERT = `INSERT INTO events (id, type, time, workflow, agent, data) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO NOTHING`
const LAST = 'SELECT max(seq) AS last FROM events'

class SqliteEventLog implements EventLog {
  readonly #database: Database
  readonly #watch: Watch
  readonly #clock: Clock

  constructor(database: Database, watch: Watch, clock: Clock) {
    this.#database = database
    this.#watch = watch
    this.#clock = clock
  }

  get closed(): boolean {
    return !this.#database.isOpen
  }

  async append(events: readonly EventInput[], options?: AppendOptions): Promise<number> {
    throwIfAborted(options?.signal)
    const encoded = encodeEvents(events, this.#clock.now())
    if (encoded.length === 0) return this.#last()
    const last = this.#database.transaction(() => {
      for (const { id, type, time, workflow, agent, data } of encoded) {
        this.#database.run(INSERT, id, type, time, workflow, agent, data)
      }
      return this.#last()
    })
    this.#watch.touch()
    return last
  }

  async read(options: ReadOptions = {}): Promise<OakumEvent[]> {
    throwIfAborted(options.signal)
    const query = normalizeQuery(options)
    const { sql, parameters } = selectEvents(query)
    const events = this.#database.all<EncodedEvent & { seq: number }>(sql, parameters).map(row => decodeEvent(row))
    return query.newest ? events.toReversed() : events
  }

  tail(options?: TailOptions): AsyncIterableIterator<OakumEvent> {
    return tailEvents(this, options)
  }

  async last(options?: AppendOptions): Promise<number> {
    throwIfAborted(options?.signal)
    return this.#last()
  }

  async retain(options: RetainOptions): Promise<RetainReport> {
    throwIfAborted(options.signal)
    validateRetention(options)
    return retainEvents(this.#database, options, this.#clock.now())
  }

  onChange(listener: () => void): () => void {
    return this.#watch.onChange(listener)
  }

  async close(): Promise<void> {
    this.#database.close()
    this.#watch.close()
  }

  #last(): number {
    return this.#database.get<{ last: number | null }>(LAST)?.last ?? 0
  }
}
