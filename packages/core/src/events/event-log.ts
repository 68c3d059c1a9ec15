/**
 * What an event log is. One interface, one driver per store, one contract test that all drivers pass.
 *
 * Invariants:
 * - `seq` rises by at least one with each event of a store, across processes; it is the only cursor. Times are for people.
 * - An event whose `id` is there already is not appended again: producers may retry.
 * - A reader that starts from a `seq` sees each later event exactly once, in order, with none between history and live,
 *   except what `retain` removed before it was read. A `seq` is never given twice.
 * - Memory held for a reader is bounded: it pulls pages, nothing is pushed at it.
 */
import type { RetainOptions, RetainReport } from './retention.ts'

/** What is appended. */
export interface EventInput {
  /** Unique in the store; an event whose id is known is dropped. @default a random UUID */
  id?: string
  /** What happened, dotted or snake case: `cleanup_completed`, `agent.output`. 1 to 128 characters. */
  type: string
  /** When it happened, in milliseconds since 1970. @default now */
  time?: number
  /** The workflow that it belongs to. */
  workflow?: string
  /** The agent that it belongs to. */
  agent?: string
  /** Anything that JSON can hold. @default {} */
  data?: Readonly<Record<string, unknown>>
}

/** An event as it is read. */
export interface OakumEvent {
  seq: number
  id: string
  type: string
  time: number
  workflow?: string
  agent?: string
  data: Readonly<Record<string, unknown>>
}

/** Which events. All given conditions hold at once. */
export interface EventFilter {
  workflow?: string
  agent?: string
  types?: readonly string[]
}

export interface ReadOptions extends EventFilter {
  /** Only events with a higher `seq`. @default 0 */
  after?: number
  /** Only events at or after this time, in milliseconds since 1970. */
  since?: number
  /** At most so many. @default 1000 */
  limit?: number
  /** The newest `limit` events instead of the oldest; still returned in rising order. @default false */
  newest?: boolean
  signal?: AbortSignal
}

export interface TailOptions extends EventFilter {
  /** Events with a higher `seq` come first, then live ones. @default the newest event at the time of the call */
  after?: number
  /** Ends the iteration; without it, `break` does. */
  signal?: AbortSignal
}

export interface AppendOptions {
  signal?: AbortSignal
}

/** The events of a store. */
export interface EventLog {
  /** Appends all or none, and returns the last `seq` of the log. */
  append(events: readonly EventInput[], options?: AppendOptions): Promise<number>
  /** One page of events in rising order. */
  read(options?: ReadOptions): Promise<OakumEvent[]>
  /** History after a point, then live events, for as long as the caller pulls. */
  tail(options?: TailOptions): AsyncIterableIterator<OakumEvent>
  /** The highest `seq`, 0 when there is none. That of an event which `retain` removed may count still. */
  last(options?: AppendOptions): Promise<number>
  /**
   * Removes what is older, or more, than may stay. An id is known as long as its event is there. Events that are appended
   * meanwhile stay.
   */
  retain(options: RetainOptions): Promise<RetainReport>
  /** Ends all tails and releases the connection. Idempotent. */
  close(): Promise<void>
}
