/**
 * A connection to one server, in a scope of its own.
 *
 * - Each request has a signal of its own. The SDK never takes its listener off a request's signal, so it is given none that lives longer.
 * - When a request settles, nothing of it is left: no timer, no listener, no handler, no stream.
 * - It is lost once, and never by its own close. What is pending then rejects with the reason, and so does what comes after.
 */
import { aborted, isOakumError, OakumError, throwIfAborted } from '../../errors/index.ts'
import type { Scope } from '../../scope/index.ts'
import { untilAborted } from '../../scope/resources/until-aborted.ts'
import { capText } from '../tools/capped-output.ts'
import { HttpTransport } from './http-transport.ts'
import type { McpOptions } from './options.ts'
import type { Client, Sdk } from './sdk.ts'
import type { ServerTransport } from './server-transport.ts'
import { StdioTransport } from './stdio-transport.ts'

/** The longest that a timer of the SDK's can wait; for requests that something else bounds. */
const UNBOUNDED = 2_147_483_647

/** Bytes of what a server says went wrong that are told; it may answer with a page, or with megabytes. */
const TOLD = 2_000

/** Results are passed on as they are. Without this the SDK makes a validator of its own for each client, at some cost. */
const NO_VALIDATOR = {
  getValidator: (): never => {
    throw new Error('Results are not validated here.')
  },
}

export interface RequestOptions {
  readonly signal: AbortSignal
  /** Milliseconds without an answer, and without a sign of progress. @default none */
  readonly timeout?: number
  readonly onProgress?: (progress: Progress) => void
}

/** How far a server is with a request. */
export interface Progress {
  readonly progress: number
  readonly total?: number | undefined
  readonly message?: string | undefined
}

export class Connection {
  /** Told why, when it is lost. */
  onLost: ((error: OakumError) => void) | undefined = undefined
  /** Told when the server says that it has other tools. */
  onToolsChanged: (() => void) | undefined = undefined
  readonly #sdk: Sdk
  readonly #options: McpOptions
  readonly #scope: Scope
  readonly #client: Client
  readonly #transport: ServerTransport

  /** Takes nothing yet; see `start`. */
  constructor(sdk: Sdk, options: McpOptions, scope: Scope) {
    this.#sdk = sdk
    this.#options = options
    this.#scope = scope
    this.#transport =
      'url' in options ? new HttpTransport(sdk, options, scope) : new StdioTransport(sdk, options, scope)
    this.#client = new sdk.Client(
      { name: 'oakum', version: '1' },
      { capabilities: {}, jsonSchemaValidator: NO_VALIDATOR },
    )
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- clients of the SDK have this property, and no events
    this.#client.onclose = () => this.#closed()
    this.#client.setNotificationHandler(sdk.ToolListChangedNotificationSchema, () => this.onToolsChanged?.())
  }

  /** Starts the server, where it is a program, and initializes it. Throws MCP_FAILED; ABORTED when the signal ended it. */
  async start(signal: AbortSignal): Promise<void> {
    this.#scope.defer(() => this.#client.close())
    try {
      await untilAborted(this.#client.connect(this.#transport, { signal, timeout: UNBOUNDED }), signal)
    } catch (error) {
      throw this.#explain(error, signal)
    }
  }

  /** Whether the server said that it has tools. */
  get hasTools(): boolean {
    return this.#client.getServerCapabilities()?.tools !== undefined
  }

  /** Rejects with ABORTED when the signal aborts, and tells the server; with MCP_FAILED for all else. */
  async request(
    method: string,
    params: Record<string, unknown>,
    options: RequestOptions,
  ): Promise<Record<string, unknown>> {
    const { signal, timeout = UNBOUNDED, onProgress } = options
    if (this.#transport.failure !== undefined) throw this.#transport.failure
    throwIfAborted(signal)
    const own = new AbortController()
    const abort = (): void => own.abort(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await this.#client.request({ method, params }, this.#sdk.ResultSchema, {
        signal: own.signal,
        timeout,
        resetTimeoutOnProgress: true,
        ...(onProgress === undefined ? {} : { onprogress: onProgress }),
      })
    } catch (error) {
      throw this.#explain(error, signal)
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** What made a request fail, as its caller should hear it. */
  #explain(error: unknown, signal: AbortSignal): OakumError {
    const ended = [signal, this.#scope.signal].find(one => one.aborted)
    const why = ended === undefined ? error : aborted(ended)
    // That time is up is the server's failure; all other ends are the caller's wish.
    const isLate = isOakumError(why, 'TIMEOUT')
    if (ended !== undefined && !isLate) return aborted(ended)
    if (this.#transport.failure !== undefined && !isLate) return this.#transport.failure
    const { name } = this.#options
    const text = capText(why instanceof Error ? why.message : String(why), TOLD)
    // Of a server that answers, its answer is enough.
    const message = `The MCP server ${name} failed: ${text}${isLate ? this.#transport.lastWords : ''}`
    return new OakumError('MCP_FAILED', message, { cause: why, facts: { server: name } })
  }

  #closed(): void {
    const { failure } = this.#transport
    if (failure !== undefined && !this.#scope.signal.aborted) this.onLost?.(failure)
  }
}
