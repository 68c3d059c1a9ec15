/**
 * The tail that all drivers share: history after a point, then live events.
 *
 * Invariants:
 * - It listens for changes first and reads then, so nothing falls between history and live.
 * - Nothing is pushed at it: it reads pages as its caller pulls, and holds at most one page.
 * - It holds a listener (and so perhaps a driver's timer) only while a `next()` is pending. A tail whose caller stopped
 *   pulling, or forgot it, keeps nothing alive but itself.
 * - `break`, `return()`, the signal and the log's `close()` end it, also while it waits; a failed read ends it with its error.
 */
import type { EventFilter, OakumEvent, ReadOptions, TailOptions } from './event-log.ts'

/** What a tail needs of a driver. */
export interface TailSource {
  readonly closed: boolean
  last(): Promise<number>
  read(options: ReadOptions): Promise<OakumEvent[]>
  /** Calls back after any change, in any process, and when the log closes. Returns its release. */
  onChange(listener: () => void): () => void
}

export function tailEvents(source: TailSource, options: TailOptions = {}): AsyncIterableIterator<OakumEvent> {
  return new Tail(source, options)
}

/** How many events are read, and held, at once. */
const PAGE = 256

type Result = IteratorResult<OakumEvent, undefined>

class Tail implements AsyncIterableIterator<OakumEvent, undefined> {
  readonly #source: TailSource
  readonly #filter: EventFilter
  readonly #signal: AbortSignal | undefined
  readonly #start: Promise<number>
  #cursor: number | undefined
  #page: OakumEvent[] = []
  /** How many events of the page were handed out. */
  #taken = 0
  #ended = false
  /** How many pulls have not settled; each waits for its turn. */
  #pulls = 0
  #turn: Promise<unknown> = Promise.resolve()
  #changed = false
  #resume: (() => void) | undefined

  constructor(source: TailSource, { after, signal, ...filter }: TailOptions) {
    this.#source = source
    this.#filter = filter
    this.#signal = signal
    // Asked for now: "the newest event" is the one of this moment, not of the first pull.
    this.#start = source.last().then(newest => after ?? newest)
    // Its error belongs to the first pull, which may never come.
    this.#start.catch(() => {})
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Result> {
    if (this.#pulls === 0) {
      if (this.#isOver()) return Promise.resolve(DONE)
      const event = this.#take()
      if (event !== undefined) return Promise.resolve({ done: false, value: event })
    }
    this.#pulls += 1
    const pull = this.#turn
      .then(() => this.#pull())
      .finally(() => {
        this.#pulls -= 1
      })
    this.#turn = pull.catch(() => {})
    return pull
  }

  return(): Promise<Result> {
    this.#end()
    this.#resume?.()
    return Promise.resolve(DONE)
  }

  async #pull(): Promise<Result> {
    const release = this.#listen()
    try {
      this.#cursor ??= await this.#start
      while (!this.#isOver()) {
        const event = this.#take()
        if (event !== undefined) return { done: false, value: event }
        this.#changed = false
        if (!(await this.#fill(this.#cursor))) await this.#change()
      }
      return DONE
    } catch (error) {
      if (this.#isOver()) return DONE
      this.#end()
      throw error
    } finally {
      release()
    }
  }

  #take(): OakumEvent | undefined {
    const event = this.#page[this.#taken]
    if (event === undefined) return undefined
    this.#taken += 1
    if (this.#taken === this.#page.length) this.#page = []
    return event
  }

  /** Reads the next page. False when there is nothing new. */
  async #fill(after: number): Promise<boolean> {
    // Before the page is read: a short page then proves that nothing up to `newest` is missing, and a filter that lets
    // little through does not look at the same events again.
    const newest = await this.#source.last()
    if (newest <= after) return false
    const page = await this.#source.read({ ...this.#filter, after, limit: PAGE })
    const read = page.at(-1)?.seq ?? after
    this.#cursor = page.length < PAGE ? Math.max(newest, read) : read
    this.#page = page
    this.#taken = 0
    return page.length > 0
  }

  async #change(): Promise<void> {
    if (this.#changed || this.#isOver()) return
    await new Promise<void>(resolve => {
      this.#resume = resolve
    })
    this.#resume = undefined
  }

  #listen(): () => void {
    const wake = (): void => {
      this.#changed = true
      this.#resume?.()
    }
    const release = this.#source.onChange(wake)
    this.#signal?.addEventListener('abort', wake)
    return () => {
      this.#signal?.removeEventListener('abort', wake)
      release()
    }
  }

  #isOver(): boolean {
    if (!this.#ended && (this.#source.closed || this.#signal?.aborted === true)) this.#end()
    return this.#ended
  }

  #end(): void {
    this.#ended = true
    this.#page = []
  }
}

const DONE: Result = { done: true, value: undefined }
