/**
 * Moves events from the fleet's store to the event log.
 *
 * Invariants:
 * - Any process may do it, at any time, and any number of them at once: events carry ids, and a second copy is dropped.
 * - An event is dropped from the store only after the log has it; except one that is damaged, which no log would ever take,
 *   and which must not keep back those behind it.
 * - Failures are kept quiet and tried again later: an event log that is away must not stop a fleet.
 */
import { isOakumError } from '../errors/error.ts'
import type { EventInput, EventLog } from '../events/event-log.ts'
import type { FleetStore } from './store.ts'

const PAGE = 256
/** Changes are gathered for so many milliseconds. */
const GATHER = 20
const RETRY_AFTER = 1_000

export class Outbox {
  readonly #store: FleetStore
  readonly #events: EventLog
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #closed = false

  constructor(store: FleetStore, events: EventLog) {
    this.#store = store
    this.#events = events
  }

  /** Something was written: move it soon. The timer does not keep the process alive. */
  kick(wait: number = GATHER): void {
    if (this.#closed || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.flush().catch(() => this.kick(RETRY_AFTER))
    }, wait).unref()
  }

  /** Moves what is there now. Joins a run that is under way, and looks again after it. */
  async flush(): Promise<void> {
    if (this.#running !== undefined) await this.#running.catch(() => undefined)
    this.#running ??= this.#move().finally(() => {
      this.#running = undefined
    })
    await this.#running
  }

  /** Moves the rest, and ends. Rejects when the log does not take it; the events then wait in the store. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.flush()
  }

  async #move(): Promise<void> {
    for (;;) {
      const { last, events } = await this.#store.pendingEvents(PAGE)
      if (last === 0) return
      await this.#append(events)
      await this.#store.dropPendingEvents(last)
    }
  }

  async #append(events: readonly EventInput[]): Promise<void> {
    if (events.length === 0) return
    try {
      await this.#events.append(events)
    } catch (error) {
      if (!isOakumError(error, 'INVALID_OPTION')) throw error
      if (events.length > 1) for (const event of events) await this.#append([event])
    }
  }
}
