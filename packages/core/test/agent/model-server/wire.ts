/**
 * Sends a reply as server-sent events, with the trouble that it asks for. Never writes more than the client reads: each
 * event waits until the socket took the one before. `signal` aborts when the client is gone.
 */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setImmediate as nextTick, setTimeout as pause } from 'node:timers/promises'
import type { Protocol, ServerEvent } from './protocol.ts'
import type { FullReply, ScriptedRequest } from './reply.ts'

export interface Wire {
  readonly response: ServerResponse
  readonly signal: AbortSignal
  /** Is told of all that is written. */
  readonly sent: (bytes: number) => void
}

/** Answers the request; rejects when the client goes away meanwhile. */
export async function send(wire: Wire, protocol: Protocol, reply: FullReply, request: ScriptedRequest): Promise<void> {
  if (reply.silent) await aborted(wire.signal)
  if (reply.hold) await reply.hold
  wire.signal.throwIfAborted()
  if (reply.status !== undefined) {
    const code = reply.code ?? (reply.status === 429 ? 'rate_limit_exceeded' : 'server_error')
    const body = protocol.failure(reply.status, code, reply.message ?? `status ${reply.status}`)
    sendWhole(wire, reply, 'application/json', JSON.stringify(body))
  } else if (reply.html) await sendPage(wire, reply)
  else if (reply.json) sendWhole(wire, reply, 'application/json', JSON.stringify(protocol.whole(reply, request)))
  else await sendStream(wire, protocol, reply, request)
}

function sendWhole({ response, sent }: Wire, reply: FullReply, type: string, body: string): void {
  response.writeHead(reply.status ?? 200, { 'content-type': type, ...reply.headers })
  sent(Buffer.byteLength(body))
  response.end(body)
}

async function sendPage(wire: Wire, reply: FullReply): Promise<void> {
  const page = '<!doctype html>\n<title>Sign in</title>\n<p>Sign in first.\n'
  if (!reply.endless) return sendWhole(wire, reply, 'text/html', page)
  wire.response.writeHead(200, { 'content-type': 'text/html' })
  for (;;) {
    await writeBytes(wire, page)
    await nextTick()
  }
}

async function sendStream(wire: Wire, protocol: Protocol, reply: FullReply, request: ScriptedRequest): Promise<void> {
  const { response } = wire
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...reply.headers })
  response.flushHeaders()
  let pieces = 0
  for (const event of protocol.events(reply, request)) {
    // Trouble comes where the next piece would be; without a next one, before what ends the stream.
    const due = event.piece || pieces === pieceCount(reply)
    if (due && (await trouble(wire, protocol, reply, pieces))) return
    if (event.piece) {
      if (reply.delay && pieces >= (reply.delayAfter ?? 0)) await pause(reply.delay, undefined, { signal: wire.signal })
      if (reply.unknownEvents) await write(wire, reply, protocol.unknownEvent())
      pieces++
    }
    await write(wire, reply, event)
    if (event.piece && pieces === 1 && reply.invalidJson)
      await write(wire, reply, protocol.brokenEvent?.() ?? { data: '{"type": "response.outp' })
  }
  while (reply.babble) {
    await write(wire, reply, protocol.unknownEvent())
    await nextTick()
  }
  response.end()
}

/** How many pieces there will be. */
function pieceCount(reply: FullReply): number {
  if (reply.endless) return Number.POSITIVE_INFINITY
  const said = reply.refuse === undefined ? reply.say.length : 2
  return reply.think.length + said + 2 * reply.calls.length
}

/** Does what is asked for behind so many pieces; whether that was the end. */
async function trouble(wire: Wire, protocol: Protocol, reply: FullReply, pieces: number): Promise<boolean> {
  const { code = 'server_error', message = 'The server had an error.' } = reply
  const { stallAfter, cutAfter, endAfter, errorAfter, failAfter } = reply
  if (![stallAfter, cutAfter, endAfter, errorAfter, failAfter].includes(pieces)) return false
  await reply.when
  if (stallAfter === pieces) await aborted(wire.signal)
  if (cutAfter === pieces) wire.response.destroy()
  else if (endAfter === pieces) wire.response.end()
  else {
    const failed = failAfter === pieces ? protocol.failedEvent?.(reply, code, message) : undefined
    await write(wire, reply, failed ?? protocol.errorEvent(code, message))
    wire.response.end()
  }
  return true
}

async function write(wire: Wire, reply: FullReply, { event, data }: ServerEvent): Promise<void> {
  const name = event === undefined ? '' : `event: ${event}\n`
  await writeText(wire, reply, `${name}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
}

async function writeText(wire: Wire, reply: FullReply, text: string): Promise<void> {
  if (!reply.brokenChunks) return await writeBytes(wire, text)
  const bytes = Buffer.from(text)
  for (let start = 0; start < bytes.length; start += 7) {
    await writeBytes(wire, bytes.subarray(start, start + 7))
    await nextTick()
  }
}

async function writeBytes({ response, signal, sent }: Wire, bytes: string | Buffer): Promise<void> {
  signal.throwIfAborted()
  sent(typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length)
  if (!response.write(bytes)) await once(response, 'drain', { signal })
}

/** Waits until the client is gone, and rejects then. */
async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort')
  throw signal.reason
}
