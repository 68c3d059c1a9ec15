import type { EventInput } from '@oakum/core/events'

/** Lines wait at most this long for company, milliseconds. */
const FLUSH_AFTER = 100
/** A batch of this many lines goes at once. */
const BATCH = 500
/** Characters that may wait. Above it `add` waits, its caller reads no further, and the program is slowed down. */
const MAX_WAITING = 1024 * 1024

/** Where batches go: `EventLog.append` of the store. */
export type Append = (events: readonly EventInput[]) => Promise<unknown>

/**
 * Writes the lines of an agent to the event log in batches, one append at a time, in order.
 *
 * - What waits is bounded; `add` resolves when there is room again.
 * - A failed append loses its lines, is told of once (`onError`), and the next batch is tried; as soon as one succeeds,
 *   `agent.output_lost` says how many lines are missing.
 * - After `close()` nothing waits, and no timer is left.
 */
export class OutputLog {
  readonly #append: Append
  readonly #agent: string
  readonly #onError: (error: unknown) => void
  #waiting: EventInput[] = []
  #size = 0
  #lost = 0
  #failed = false
  #timer: NodeJS.Timeout | undefined
  #flushing: Promise<void> | undefined

  constructor(options: { append: Append; agent: string; onError: (error: unknown) => void }) {
    this.#append = options.append
    this.#agent = options.agent
    this.#onError = options.onError
  }

  /** Takes the data of lines, `size` characters together; resolves at once, or when there is room for more. */
  async add(entries: readonly Readonly<Record<string, unknown>>[], size: number): Promise<void> {
    const time = Date.now()
    for (const data of entries) this.#waiting.push({ type: 'agent.output', agent: this.#agent, time, data })
    this.#size += size
    if (this.#waiting.length >= BATCH) void this.#flush()
    else if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => void this.#flush(), FLUSH_AFTER)
    while (this.#size > MAX_WAITING) await this.#flush()
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    while (this.#waiting.length > 0 || this.#flushing) await this.#flush()
  }

  /** Never rejects. A call during an append joins it. */
  #flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#flushing ??= this.#write().finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting
      const size = this.#size
      this.#waiting = []
      const batch = this.#lost > 0 ? [this.#loss(), ...lines] : lines
      try {
        await this.#append(batch)
        this.#lost = 0
      } catch (error) {
        this.#lost += lines.length
        if (!this.#failed) this.#onError(error)
        this.#failed = true
      }
      this.#size -= size
    }
  }

  #loss(): EventInput {
    return { type: 'agent.output_lost', agent: this.#agent, data: { lines: this.#lost } }
  }
}
