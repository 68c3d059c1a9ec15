/**
 * HTTP by sockets that somebody owns. The `fetch` that is built in keeps its sockets in a pool that nobody can close, and ends
 * a stream on which nothing came for five minutes; these live until `destroy()`, and no longer, whatever they are in the middle of.
 *
 * Redirects are answers like others, and a reply is read no faster than its consumer asks for it.
 */
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** One request, and what comes back. */
export interface Exchange {
  /** When its head is there. Rejects with the system's error. */
  readonly response: Promise<Response>
  /** When nothing of it can come any more, however it ended. Never rejects. */
  readonly ended: Promise<void>
  /** Ends it now, its reply included. */
  drop(): void
}

export class Connections {
  readonly #http = new HttpAgent({ keepAlive: true })
  readonly #https = new HttpsAgent({ keepAlive: true })
  readonly #maxBytes: number
  #destroyed = false

  /** `maxBytes` bounds a line of a stream, and the whole of any other reply. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  exchange(url: string | URL, init: RequestInit = {}): Exchange {
    const target = new URL(url)
    const [request, agent] = target.protocol === 'https:' ? [httpsRequest, this.#https] : [httpRequest, this.#http]
    const { method = 'GET', headers, body, signal } = init
    const sent = request(target, {
      agent,
      method,
      headers: Object.fromEntries(new Headers(headers)),
      ...(signal ? { signal } : {}),
    })
    if (this.#destroyed) sent.destroy()
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    sent.once('close', end)
    sent.end(typeof body === 'string' ? body : undefined)
    return { response: this.#response(sent), ended, drop: () => void sent.destroy() }
  }

  /** Ends all requests, and closes all sockets. */
  destroy(): void {
    this.#destroyed = true
    this.#http.destroy()
    this.#https.destroy()
  }

  #response(sent: ClientRequest): Promise<Response> {
    const { promise, resolve, reject } = Promise.withResolvers<Response>()
    sent.once('response', incoming => {
      try {
        resolve(this.#toResponse(incoming))
      } catch (error) {
        incoming.destroy()
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    })
    sent.on('error', reject)
    sent.once('close', () => reject(new Error('The connection was closed.')))
    return promise
  }

  #toResponse(incoming: IncomingMessage): Response {
    const { statusCode: status = 0, statusMessage: statusText = '' } = incoming
    const headers = new Headers()
    for (const [name, value] of Object.entries(incoming.headersDistinct)) {
      for (const one of value ?? []) headers.append(name, one)
    }
    const hasNoBody = [202, 204, 205, 304].includes(status)
    // Read to its end all the same, so that the connection can be used again.
    if (hasNoBody) incoming.resume()
    return new Response(hasNoBody ? null : this.#body(incoming), { status, statusText, headers })
  }

  #body(incoming: IncomingMessage): ReadableStream<Uint8Array> {
    const isStream = incoming.headers['content-type']?.startsWith('text/event-stream') === true
    const pieces: AsyncIterator<Buffer> = incoming[Symbol.asyncIterator]()
    let bytes = 0
    return new ReadableStream({
      pull: async controller => {
        const { done, value } = await pieces.next()
        if (done === true) {
          controller.close()
          return
        }
        const end = isStream ? value.lastIndexOf(10) : -1
        bytes = end === -1 ? bytes + value.length : value.length - end - 1
        if (bytes > this.#maxBytes) {
          incoming.destroy()
          throw new RangeError(`The server sent a message of more than ${this.#maxBytes} bytes.`)
        }
        controller.enqueue(value)
      },
      cancel: () => void incoming.destroy(),
    })
  }
}
