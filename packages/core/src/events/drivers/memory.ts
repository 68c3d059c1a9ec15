/**
 * Events in memory, for tests and single processes.
 *
 * Limits: only the newest `maxCount` events are kept. A reader that falls further behind finds the rest gone, which it
 * can tell by a jump in `seq` (without a filter there is none otherwise). An `id` is known as long as its event is kept.
 */
import { systemClock, type Clock } from '../../clock/clock.ts'
import { throwIfAborted } from '../../errors/abort.ts'
import { OakumError } from '../../errors/error.ts'
import { decodeEvent, encodeEvents, type EncodedEvent } from '../encoding.ts'
import type {
  AppendOptions,
  EventFilter,
  EventInput,
  EventLog,
  OakumEvent,
  ReadOptions,
  TailOptions,
} from '../event-log.ts'
import { normalizeQuery, type Query } from '../query.ts'
import { validateRetention, type RetainOptions, type RetainReport } from '../retention.ts'
import { tailEvents } from '../tail.ts'

export interface MemoryEventLogOptions {
  /** How many events are kept; older ones are dropped. @default 10_000 */
  maxCount?: number
  /** Gives events their time when they come without. @default the system's clock */
  clock?: Clock
}

/** @throws INVALID_OPTION */
export function createMemoryEventLog(options: MemoryEventLogOptions = {}): EventLog {
  const { maxCount = 10_000, clock = systemClock } = options
  if (!Number.isSafeInteger(maxCount) || maxCount < 1) {
    throw new OakumError('INVALID_OPTION', 'maxCount must be a whole number, 1 or more.', { facts: { maxCount } })
  }
  return new MemoryEventLog(maxCount, clock)
}

class MemoryEventLog implements EventLog {
  readonly #maxCount: number
  readonly #clock: Clock
  /** A ring: the event with sequence number n is at n modulo its size, unless it was removed. */
  readonly #ring: (EncodedEvent | undefined)[] = []
  readonly #ids = new Set<string>()
  readonly #listeners = new Set<() => void>()
  #last = 0
  #closed = false

  constructor(maxCount: number, clock: Clock) {
    this.#maxCount = maxCount
    this.#clock = clock
  }

  get closed(): boolean {
    return this.#closed
  }

  async append(events: readonly EventInput[], options?: AppendOptions): Promise<number> {
    this.#check(options)
    const before = this.#last
    for (const event of encodeEvents(events, this.#clock.now())) if (!this.#ids.has(event.id)) this.#add(event)
    if (this.#last !== before) this.#notify()
    return this.#last
  }

  async read(options: ReadOptions = {}): Promise<OakumEvent[]> {
    this.#check(options)
    const query = normalizeQuery(options)
    const first = Math.max(query.after, this.#last - this.#maxCount) + 1
    const found: OakumEvent[] = []
    for (let step = 0; first + step <= this.#last && found.length < query.limit; step += 1) {
      const seq = query.newest ? this.#last - step : first + step
      const event = this.#ring[seq % this.#maxCount]
      if (event !== undefined && matches(event, query)) found.push(decodeEvent({ ...event, seq }))
    }
    return query.newest ? found.toReversed() : found
  }

  tail(options?: TailOptions): AsyncIterableIterator<OakumEvent> {
    return tailEvents(this, options)
  }

  async last(options?: AppendOptions): Promise<number> {
    this.#check(options)
    return this.#last
  }

  async retain(options: RetainOptions): Promise<RetainReport> {
    this.#check(options)
    validateRetention(options)
    const { maxAge = Infinity, maxCount = Infinity } = options
    const report: RetainReport = { removed: 0, bytes: 0 }
    const before = this.#clock.now() - maxAge
    let stay = maxCount
    for (let seq = this.#last; seq > Math.max(0, this.#last - this.#maxCount); seq -= 1) {
      const slot = seq % this.#maxCount
      const event = this.#ring[slot]
      if (event === undefined || !isChosen(event, options)) continue
      stay -= 1
      if (stay >= 0 && event.time >= before) continue
      this.#ring[slot] = undefined
      this.#ids.delete(event.id)
      report.removed += 1
      report.bytes += Buffer.byteLength(event.data)
    }
    return report
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#notify()
    this.#listeners.clear()
    this.#ring.length = 0
    this.#ids.clear()
  }

  #add(event: EncodedEvent): void {
    this.#last += 1
    const slot = this.#last % this.#maxCount
    const oldest = this.#ring[slot]
    if (oldest !== undefined) this.#ids.delete(oldest.id)
    this.#ring[slot] = event
    this.#ids.add(event.id)
  }

  #notify(): void {
    // oxlint-disable-next-line no-useless-spread -- a copy: who listens from within a call is told of the next change
    for (const listener of [...this.#listeners]) listener()
  }

  #check(options: AppendOptions | undefined): void {
    if (this.#closed) throw new OakumError('STORE_CLOSED', 'The event log is closed.')
    throwIfAborted(options?.signal)
  }
}

function matches(event: EncodedEvent, query: Query): boolean {
  return isChosen(event, query) && (query.since === undefined || event.time >= query.since)
}

function isChosen(event: EncodedEvent, { workflow, agent, types }: EventFilter): boolean {
  return (
    (workflow === undefined || event.workflow === workflow) &&
    (agent === undefined || event.agent === agent) &&
    (types === undefined || types.includes(event.type))
  )
}
