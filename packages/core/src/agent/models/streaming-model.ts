/**
 * What the ports of streaming clients share: the life of one request.
 *
 * - The client gets a signal that is this request's alone, and is aborted when the stream is over, however it ended: no request goes on
 *   behind it, and what a client leaves on a signal goes with it. `return()` ends a read that is under way.
 * - The client's stream is iterated as it is, one event at a time: nothing is read ahead.
 * - Behind the event that ends the response the stream is read to its end, so that the connection can be used again.
 * - When the caller's signal aborts, the stream throws ABORTED; no event comes any more.
 */
import { aborted, throwIfAborted } from '../../errors/abort.ts'
import { OakumError } from '../../errors/error.ts'
import type { Model, ModelEvent, ModelRequest } from '../model.ts'
import { classify } from '../retry/classify.ts'
import { isOfClass } from '../retry/error-chain.ts'
import { fieldsOf, nameOf } from './reading.ts'
import { brokenEvent, cutShort, failedInStream, notAStream } from './stream-errors.ts'

/** What a client's `create` returns: a promise of the stream; in the packages of OpenAI and Anthropic also of the response. */
export interface StreamPromise<Event> extends PromiseLike<AsyncIterable<Event>> {
  withResponse?(): Promise<OpenedStream<Event>>
}

interface OpenedStream<Event> {
  readonly data: AsyncIterable<Event>
  readonly response?: { readonly headers: { get(name: string): string | null } }
}

/** What a client is told beside the request's body. Trying again is the loop's business: it knows what was delivered. */
export interface ClientOptions {
  readonly signal: AbortSignal
  readonly maxRetries: 0
}

/** Makes of a response's events those of a model. One for each response. */
export interface EventReader<Event> {
  /** @throws OakumError what the service says went wrong */
  read(event: Event): Iterable<ModelEvent>
  /** The stream has ended, and no `finish` was read: makes what there is still to make. @throws OakumError when that is too early */
  end(): Iterable<ModelEvent>
}

/** One kind of streaming client. */
export interface StreamingClient<Event> {
  /** Whose it is, for what errors say. */
  readonly service: string
  /** Sends the request. @throws whatever the client throws, or OakumError INVALID_OPTION */
  open(request: ModelRequest, options: ClientOptions): StreamPromise<Event>
  reader(request: ModelRequest): EventReader<Event>
}

export function streamingModel<Event>(client: StreamingClient<Event>): Model {
  return (request, { signal }) => ({ [Symbol.asyncIterator]: () => new ResponseStream(client, request, signal) })
}

type Result = IteratorResult<ModelEvent, undefined>

const DONE: Result = { done: true, value: undefined }

/**
 * The events of one response. By hand, since an async generator would cost as much for each event as some clients do. Calls of `next()`
 * come one after the other, as those of `for await` do; `return()` may come at any time.
 */
class ResponseStream<Event> implements AsyncIterator<ModelEvent, undefined> {
  readonly #client: StreamingClient<Event>
  readonly #request: ModelRequest
  readonly #signal: AbortSignal
  /** Ends the request; aborted by the signal, by a consumer that leaves, and at the end. */
  readonly #own = new AbortController()
  #opening: Promise<void> | undefined
  #opened: Opened<Event> | undefined
  /** What the last event made, as far as it was not asked for. */
  #made: Iterator<ModelEvent> | undefined
  #empty = true
  #finished = false
  /** The client's stream has ended; what is there to tell is of that. */
  #ended = false
  #closing: Promise<void> | undefined

  constructor(client: StreamingClient<Event>, request: ModelRequest, signal: AbortSignal) {
    this.#client = client
    this.#request = request
    this.#signal = signal
  }

  next(): Promise<Result> {
    if (this.#closing !== undefined) return this.#closing.then(() => DONE)
    try {
      const made = this.#take()
      if (made !== undefined) return Promise.resolve({ done: false, value: made })
      if (this.#ended) return this.#close().then(() => DONE)
      if (this.#opened === undefined) {
        this.#opening = this.#open()
        return this.#opening.then(() => this.next(), this.#failed)
      }
      return this.#opened.events.next().then(this.#read, this.#failed)
    } catch (error) {
      return this.#failed(error)
    }
  }

  async return(): Promise<Result> {
    this.#own.abort()
    await this.#close()
    return DONE
  }

  async #open(): Promise<void> {
    throwIfAborted(this.#signal)
    this.#signal.addEventListener('abort', this.#forward, { once: true })
    const options = { signal: this.#own.signal, maxRetries: 0 } as const
    const { data, response } = await open(this.#client.open(this.#request, options))
    const contentType = response?.headers.get('content-type') ?? undefined
    this.#opened = { events: data[Symbol.asyncIterator](), reader: this.#client.reader(this.#request), contentType }
    if (contentType !== undefined && /\b(?:html|json)\b/.test(contentType)) {
      throw notAStream(this.#client.service, contentType)
    }
  }

  readonly #forward = (): void => this.#own.abort(this.#signal.reason)

  /** The next of what the last event made. */
  #take(): ModelEvent | undefined {
    const made = this.#made?.next()
    if (made === undefined || made.done === true) {
      this.#made = undefined
      return undefined
    }
    this.#own.signal.throwIfAborted()
    this.#finished ||= made.value.type === 'finish'
    return made.value
  }

  /** The client has an event, or none any more. */
  readonly #read = (result: IteratorResult<Event>): Result | Promise<Result> => {
    try {
      const made = this.#makeOf(result)
      if (made === undefined) return this.#close().then(() => DONE)
      this.#made = made[Symbol.iterator]()
      const event = this.#take()
      return event === undefined ? this.next() : { done: false, value: event }
    } catch (error) {
      return this.#failed(error)
    }
  }

  /** Undefined when there is nothing to come any more. */
  #makeOf(result: IteratorResult<Event>): Iterable<ModelEvent> | undefined {
    const { reader, contentType } = this.#opened ?? {}
    if (result.done !== true) {
      this.#empty = false
      return this.#finished ? undefined : reader?.read(result.value)
    }
    this.#ended = true
    this.#own.signal.throwIfAborted()
    if (this.#empty && contentType?.includes('event-stream') !== true) {
      throw notAStream(this.#client.service, contentType ?? 'something else')
    }
    return this.#finished ? undefined : reader?.end()
  }

  readonly #failed = async (error: unknown): Promise<Result> => {
    const hasLeft = this.#own.signal.aborted
    await this.#close()
    if (this.#signal.aborted) throw aborted(this.#signal)
    // Nobody waits for more: the consumer has left, or has it all.
    if (hasLeft || this.#finished) return DONE
    throw this.#opened === undefined ? error : streamError(this.#client.service, error)
  }

  /** Settles when nothing of it is left. Idempotent. */
  #close(): Promise<void> {
    this.#closing ??= this.#release()
    return this.#closing
  }

  async #release(): Promise<void> {
    this.#signal.removeEventListener('abort', this.#forward)
    await this.#opening?.catch(() => undefined)
    try {
      // A read that is under way ends by the abort, and what it ends with counts for nothing now.
      if (!this.#ended) await this.#opened?.events.return?.()
    } catch {
      // It is gone all the same.
    } finally {
      this.#own.abort()
    }
  }
}

/** What is there once a client has answered. */
interface Opened<Event> {
  readonly events: AsyncIterator<Event>
  readonly reader: EventReader<Event>
  readonly contentType: string | undefined
}

async function open<Event>(promise: StreamPromise<Event>): Promise<OpenedStream<Event>> {
  return promise.withResponse ? await promise.withResponse() : { data: await promise }
}

/**
 * What a service says of itself in mid-stream, as `{ code, type, message }`. Where it does not say what it is, another try may help.
 * @param error what the client made of it
 */
export function toldInStream(service: string, told: unknown, error?: unknown): OakumError {
  const { code, type, message } = fieldsOf(told)
  const word = nameOf(code) ?? nameOf(type)
  // Some number their errors as HTTP does.
  const { retryable, status } = classify({ ...fieldsOf(told), status: code })
  const unexplained = word === undefined && status === undefined
  const failure = { message: nameOf(message) ?? word ?? 'it does not say why', code: word, status }
  return failedInStream(service, { ...failure, retryable: retryable || unexplained }, error)
}

/** What a client throws in mid-stream, by what it is: clients agree on none of it. */
function streamError(service: string, error: unknown): unknown {
  if (error instanceof OakumError) return error
  if (error instanceof SyntaxError) return brokenEvent(service, error)
  const { error: told, message } = fieldsOf(error)
  if (told !== undefined && told !== null) return toldInStream(service, fieldsOf(told).error ?? told, error)
  if (classify(error).retryable) return cutShort(service, error)
  // Older clients of OpenAI keep no more of an error event than its message.
  return isOfClass(fieldsOf(error), 'APIError') ? toldInStream(service, { message }, error) : error
}
