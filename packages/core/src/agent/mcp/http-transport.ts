/**
 * Speaks to a server over streamable HTTP. The SDK's transport knows the protocol; this one owns what it does.
 *
 * - Each request is answered: with what the server sent, or with an error in its stead when its stream ends without an answer.
 * - A request that is cancelled has its stream closed; the SDK would keep it, and a server need not. The server is told, for which
 *   there are five seconds.
 * - One that fails while the server may still be at it is cancelled there, so that less happens twice when it is made again.
 * - The server is lost when nobody listens at its address, when it no longer knows the session, and when it asks without taking answers.
 *   That it knows the session no longer is said by a 404 to what is sent to it. To what only listens a 404 says that it has no
 *   such stream: frameworks answer so where nothing is served for GET.
 * - What it says unasked comes over a stream of its own, if it has one, which is opened again when it ends. An answer is not
 *   fetched again: a stream that breaks has failed its request.
 * - When the scope closes the session is ended, for which there is a second, and no socket is left.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { OakumError } from '../../errors/index.ts'
import type { Scope } from '../../scope/index.ts'
import { Connections, type Exchange } from './connections.ts'
import { LastWords } from './last-words.ts'
import { DEFAULT_MAX_MESSAGE_BYTES, type McpAddressOptions } from './options.ts'
import type { JSONRPCMessage, RequestId, Sdk, StreamableHTTPClientTransport } from './sdk.ts'
import type { ServerTransport } from './server-transport.ts'

/** Milliseconds for telling the server that its session is over. */
const END_SESSION = 1_000

/** Milliseconds for telling the server that a request is cancelled. */
const CANCEL = 5_000

/** Milliseconds before the stream of what the server says unasked is opened again. */
const LISTEN_AGAIN = 1_000

/** Messages other than requests, most of them answers to the server's own, that may wait to be taken by it: each has a socket. */
const MOST_UNTAKEN = 256

/** The protocol's code for what a server, or whoever stands for it, failed at. */
const SERVER_ERROR = -32_000

/** What is being sent. */
interface Sending {
  /** The request that it is, if it is one. */
  readonly id?: RequestId
  /** Milliseconds that it may take. @default none */
  readonly limit?: number
}

export class HttpTransport implements ServerTransport {
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onmessage?: ((message: JSONRPCMessage) => void) | undefined
  failure: OakumError | undefined = undefined
  readonly #options: McpAddressOptions
  readonly #scope: Scope
  readonly #inner: StreamableHTTPClientTransport
  readonly #connections: Connections
  readonly #lastWords = new LastWords()
  /** The requests that have no answer yet. */
  readonly #unanswered = new Map<RequestId, Exchange | undefined>()
  /** The SDK calls `fetch` without saying for what. */
  readonly #sending = new AsyncLocalStorage<Sending>()
  #untaken = 0
  #closed = false

  constructor(sdk: Sdk, options: McpAddressOptions, scope: Scope) {
    this.#options = options
    this.#scope = scope
    this.#connections = new Connections(options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES)
    this.#inner = new sdk.StreamableHTTPClientTransport(new URL(options.url), {
      requestInit: { headers: { ...options.headers } },
      fetch: (url, init) => this.#fetch(url, init),
      // Its timers for this outlive its close.
      reconnectionOptions: {
        maxRetries: 0,
        initialReconnectionDelay: 0,
        maxReconnectionDelay: 0,
        reconnectionDelayGrowFactor: 1,
      },
    })
  }

  get lastWords(): string {
    return String(this.#lastWords)
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion(version)
  }

  start(): Promise<void> {
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- transports of the SDK have these properties, and no events
    this.#inner.onmessage = message => this.#receive(message)
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- likewise
    this.#inner.onerror = error => this.onerror?.(error)
    this.#scope.defer(() => this.#end())
    return this.#inner.start()
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const id = 'id' in message && 'method' in message ? message.id : undefined
    if (id === undefined) {
      const cancels = isCancellation(message)
      if (cancels) this.#drop(message.params.requestId)
      await this.#tell(message, cancels ? { limit: CANCEL } : {})
      return
    }
    this.#unanswered.set(id, undefined)
    try {
      await this.#sending.run({ id }, () => this.#inner.send(message))
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      const status = statusOf(error)
      this.#fail(id, status === undefined ? text : `It answered ${status} at ${String(this.#options.url)}. ${text}`, {
        isRefused: status !== undefined && status < 500,
      })
    }
  }

  async #tell(message: JSONRPCMessage, sending: Sending): Promise<void> {
    if (this.#untaken === MOST_UNTAKEN) this.#lose('does not take what it is sent')
    if (this.#closed) throw this.failure ?? new Error('The connection is closed.')
    this.#untaken++
    try {
      await this.#sending.run(sending, () => this.#inner.send(message))
    } finally {
      this.#untaken--
    }
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      for (const id of this.#unanswered.keys()) this.#drop(id)
      this.onclose?.()
    }
    return Promise.resolve()
  }

  #receive(message: JSONRPCMessage): void {
    if (!('method' in message) && message.id !== undefined) this.#unanswered.delete(message.id)
    this.onmessage?.(message)
  }

  async #fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const { id, limit } = this.#sending.getStore() ?? {}
    const exchange = this.#connections.exchange(url, init)
    if (limit !== undefined) this.#limit(exchange, limit)
    // Dropped before it began.
    if (id !== undefined && !this.#unanswered.has(id)) exchange.drop()
    else if (id !== undefined) this.#unanswered.set(id, exchange)
    try {
      const response = await exchange.response
      if (saysForgotten(response, init)) this.#lose(`answered 404 at ${String(this.#options.url)}`)
      else if (id !== undefined && response.ok) void exchange.ended.then(() => this.#streamEnded(id, exchange))
      else if (init.method === 'GET' && response.ok) void exchange.ended.then(() => this.#listenSoon())
      return response
    } catch (error) {
      if (isUnreachable(error)) this.#lose(`cannot be reached: ${error.message}`, error)
      throw error
    }
  }

  #streamEnded(id: RequestId, exchange: Exchange): void {
    // What came last is still on its way through the SDK's streams, which takes no longer than this turn.
    setImmediate(() => {
      if (this.#unanswered.get(id) !== exchange) return
      this.#fail(id, 'The server ended its stream without an answer.', { isRefused: false })
    })
  }

  /** Answers in the server's stead, and cancels the request there, unless the server has refused it. */
  #fail(id: RequestId, message: string, { isRefused }: { isRefused: boolean }): void {
    if (!this.#unanswered.delete(id)) return
    this.onmessage?.({ jsonrpc: '2.0', id, error: { code: SERVER_ERROR, message } })
    // The protocol has no cancelling of the first request, by which the version is agreed on.
    if (isRefused || this.#inner.protocolVersion === undefined) return
    const params = { requestId: id, reason: 'Its answer did not come.' }
    // Whether it hears that is up to it.
    this.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params }).catch(() => {})
  }

  #limit(exchange: Exchange, milliseconds: number): void {
    // What begins as the scope closes is ended by that.
    if (this.#scope.signal.aborted) return
    const callOff = this.#scope.timeout(() => exchange.drop(), milliseconds)
    void exchange.ended.then(callOff)
  }

  #drop(id: RequestId): void {
    const exchange = this.#unanswered.get(id)
    this.#unanswered.delete(id)
    exchange?.drop()
  }

  #listenSoon(): void {
    if (this.#closed || this.#scope.signal.aborted) return
    // Without the id of an event it is a stream like the first. That it failed has been told by then.
    const listen = (): Promise<void> => this.#inner.resumeStream('').catch(() => {})
    this.#scope.timeout(() => this.#sending.run({}, listen), LISTEN_AGAIN)
  }

  #lose(what: string, cause?: unknown): void {
    if (this.#closed) return
    const { name } = this.#options
    const facts = { server: name, url: String(this.#options.url) }
    this.failure = new OakumError('MCP_FAILED', `The MCP server ${name} ${what}.`, { cause, facts })
    void this.close()
  }

  async #end(): Promise<void> {
    await this.close()
    const late = setTimeout(() => this.#connections.destroy(), END_SESSION)
    // A server may refuse to end sessions; nothing can be done about it here.
    const terminate = (): Promise<void> => this.#inner.terminateSession().catch(() => {})
    if (this.failure === undefined) await this.#sending.run({}, terminate)
    clearTimeout(late)
    this.#connections.destroy()
    await this.#inner.close()
  }
}

function isCancellation(message: JSONRPCMessage): message is JSONRPCMessage & { params: { requestId: RequestId } } {
  return 'method' in message && message.method === 'notifications/cancelled' && message.params?.requestId !== undefined
}

/** Whether a server that had a session says that it has it no more. */
function saysForgotten(response: Response, { method, headers }: RequestInit): boolean {
  return response.status === 404 && method === 'POST' && new Headers(headers).has('mcp-session-id')
}

/** Of an answer that the SDK made an error of. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'number')) return undefined
  return error.code >= 300 ? error.code : undefined
}

/** Whether nobody was there, as against a connection that broke. */
function isUnreachable(error: unknown): error is Error {
  return (
    error instanceof Error && 'syscall' in error && (error.syscall === 'connect' || error.syscall === 'getaddrinfo')
  )
}
