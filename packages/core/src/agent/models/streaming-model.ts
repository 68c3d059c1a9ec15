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
  return (request, { signal }) => ({
    [Symbol.asyncIterator]() {
      const own = new AbortController()
      const events = respond(client, request, signal, own)
      return {
        next: () => events.next(),
        async return() {
          own.abort()
          await events.return(undefined)
          return { done: true, value: undefined }
        },
      }
    },
  })
}

/** @param own ends the request; aborted by the signal, by a consumer that leaves, and at the end */
async function* respond<Event>(
  client: StreamingClient<Event>,
  request: ModelRequest,
  signal: AbortSignal,
  own: AbortController,
): AsyncGenerator<ModelEvent, undefined> {
  throwIfAborted(signal)
  const forward = (): void => own.abort(signal.reason)
  signal.addEventListener('abort', forward, { once: true })
  let opened = false
  let finished = false
  try {
    const { data, response } = await open(client.open(request, { signal: own.signal, maxRetries: 0 }))
    opened = true
    const contentType = response?.headers.get('content-type') ?? undefined
    if (contentType !== undefined && /\b(?:html|json)\b/.test(contentType))
      throw notAStream(client.service, contentType)
    const reader = client.reader(request)
    let empty = true
    for await (const event of data) {
      empty = false
      if (finished) break
      for (const made of reader.read(event)) {
        own.signal.throwIfAborted()
        finished ||= made.type === 'finish'
        yield made
      }
    }
    own.signal.throwIfAborted()
    if (empty && !contentType?.includes('event-stream'))
      throw notAStream(client.service, contentType ?? 'something else')
    if (finished) return
    for (const made of reader.end()) {
      own.signal.throwIfAborted()
      yield made
    }
  } catch (error) {
    if (signal.aborted) throw aborted(signal)
    // Nobody waits for more: the consumer has left, or has it all.
    if (own.signal.aborted || finished) return
    throw opened ? streamError(client.service, error) : error
  } finally {
    signal.removeEventListener('abort', forward)
    own.abort()
  }
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
