/**
 * A model's service on this machine: a real HTTP server on the loopback that speaks the streaming protocols of OpenAI
 * (Responses, Chat Completions) and Anthropic (Messages), and says what a script tells it. For tests, benches, and the
 * tests of examples; needs no key and no network. `reply.ts` says what a script is.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { anthropicMessagesProtocol } from './anthropic-messages.ts'
import { openaiChatProtocol } from './openai-chat.ts'
import { openaiResponsesProtocol } from './openai-responses.ts'
import type { Protocol } from './protocol.ts'
import { fullReply, replyTo } from './reply.ts'
import { queuedBytes } from './queued-bytes.ts'
import type { Script, ScriptedRequest } from './reply.ts'
import { send } from './wire.ts'

export type { Reply, Script } from './reply.ts'

export interface ModelServerOptions {
  readonly script: Script
  /** How many requests are kept to look at. @default 100 */
  readonly keep?: number
}

export interface ModelServerCounts {
  /** Requests for a response, ever. */
  readonly requests: number
  /** Answered to the end, errors among them. */
  readonly completed: number
  /** The client went away before the end. */
  readonly aborted: number
  /** Begun, and not yet over. */
  readonly active: number
  readonly openSockets: number
  /** Of bodies: what the sockets took. Some 4 MB of it may wait in the system's buffers for a client that reads nothing. */
  readonly bytesSent: number
}

export interface ModelServer extends AsyncDisposable {
  /** Its origin, as `http://127.0.0.1:40123`; OpenAI's clients want `/v1` behind it. */
  readonly url: string
  readonly counts: ModelServerCounts
  /** Of `bytesSent`, about what clients have read: the system's buffers left out, where the system tells of them. */
  bytesTaken(): number
  /** The last requests, oldest first. */
  readonly requests: readonly ScriptedRequest[]
  /** Ends all connections. */
  close(): Promise<void>
}

const PROTOCOLS: readonly Protocol[] = [openaiResponsesProtocol, openaiChatProtocol, anthropicMessagesProtocol]

export async function startModelServer({ script, keep = 100 }: ModelServerOptions): Promise<ModelServer> {
  const counts = { requests: 0, completed: 0, aborted: 0, active: 0, openSockets: 0, bytesSent: 0 }
  const requests: ScriptedRequest[] = []
  let closing = false

  async function answer(protocol: Protocol, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const number = ++counts.requests
    counts.active++
    const gone = new AbortController()
    let cut = false
    response.once('close', () => {
      counts.active--
      if (response.writableFinished) counts.completed++
      else if (!cut && !closing) counts.aborted++
      gone.abort()
    })
    const wire = { response, signal: gone.signal, sent: (bytes: number) => void (counts.bytesSent += bytes) }
    try {
      const body = await readJson(incoming)
      const request = { protocol: protocol.name, body, headers: incoming.headers, number }
      requests.push(request)
      if (requests.length > keep) requests.shift()
      const reply = fullReply(await replyTo(request, script), number)
      cut = reply.cutAfter !== undefined
      await send(wire, protocol, reply, request)
    } catch (error) {
      if (gone.signal.aborted || !incoming.complete) return
      response.destroy()
      throw error
    }
  }

  const server = createServer((incoming, response) => {
    const protocol = PROTOCOLS.find(({ path }) => incoming.method === 'POST' && incoming.url?.split('?')[0] === path)
    // A script that throws is a mistake of the test's, and an unhandled rejection tells of it.
    if (protocol) void answer(protocol, incoming, response)
    else response.writeHead(404).end()
  })
  server.on('connection', socket => {
    counts.openSockets++
    socket.once('close', () => counts.openSockets--)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })

  async function close(): Promise<void> {
    closing = true
    if (!server.listening) return
    const closed = new Promise<void>(resolve => void server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }

  const port = portOf(server)
  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    bytesTaken: () => Math.max(0, counts.bytesSent - queuedBytes(port)),
    requests,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return address.port
}

async function readJson(incoming: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  incoming.setEncoding('utf8')
  for await (const part of incoming) text += part
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- clients of these protocols send an object
  return JSON.parse(text) as Record<string, unknown>
}
