/**
 * Scripted replies: what the test's model says, in words that are neutral of the protocol.
 *
 *     await using server = await startModelServer({
 *       script: [
 *         { calls: [{ name: 'weather', arguments: { city: 'Ghent' } }, { name: 'time', arguments: {} }] },
 *         { think: ['Rain ', 'again.'], say: ['It ', 'rains.'] },
 *       ],
 *     })
 *     const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none' })
 *
 * A script is one reply for all requests, a list with one for each (a request too many gets status 400), or a function
 * of the request. A reply is sent in pieces, in this order: thoughts, text or refusal, calls. A call's arguments are two
 * pieces. The options for trouble count pieces: `cutAfter: 0` cuts before the first one, but behind the stream's head.
 */
import type { StopReason, Usage } from '../../../src/agent/model.ts'

export type ProtocolName = 'responses' | 'chat' | 'messages'

export type Script = Reply | readonly Reply[] | ((request: ScriptedRequest) => Reply | Promise<Reply>)

export interface ScriptedRequest {
  readonly protocol: ProtocolName
  /** The body, parsed. */
  readonly body: Record<string, unknown>
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** From 1. */
  readonly number: number
}

export interface Reply extends Said, Trouble {}

interface Said {
  readonly think?: readonly string[]
  readonly say?: readonly string[]
  /** Says this over and over, until so many bytes were sent; without `bytes`, for ever. Waits for a slow reader. */
  readonly endless?: { readonly text: string; readonly bytes?: number }
  readonly refuse?: string
  /** All in one response: parallel calls. */
  readonly calls?: readonly ScriptedCall[]
  /** @default what the rest implies */
  readonly stop?: StopReason
  /** @default 10 in, 5 out */
  readonly usage?: Partial<Usage>
  /** @default one made of the request's number */
  readonly id?: string
}

interface ScriptedCall {
  readonly name: string
  /** An object is sent as JSON, a string as it is. @default {} */
  readonly arguments?: string | Record<string, unknown>
  /** @default one made of the request's number and the call's */
  readonly callId?: string
}

interface Trouble {
  /** Answers with an error status instead. */
  readonly status?: number
  /** Of the answer, whatever it is. */
  readonly headers?: Readonly<Record<string, string>>
  /** Of the error. */
  readonly message?: string
  /** The service's code of the error. @default 'server_error', with status 429 'rate_limit_exceeded' */
  readonly code?: string
  /** Accepts the request, and never says anything, not even a status. */
  readonly silent?: boolean
  /** Is waited for before anything is said. */
  readonly hold?: Promise<unknown>
  /** The trouble behind so many pieces waits for this: a cut connection loses what the client has not read yet. */
  readonly when?: Promise<unknown>
  /** An error event comes behind so many pieces, and the stream ends. */
  readonly errorAfter?: number
  /** Like `errorAfter`, by the event that says a response failed, where a protocol has one. */
  readonly failAfter?: number
  /** The socket is destroyed behind so many pieces. */
  readonly cutAfter?: number
  /** The stream ends well behind so many pieces, without the events that end a response. */
  readonly endAfter?: number
  /** Nothing more is said behind so many pieces; the connection stays. */
  readonly stallAfter?: number
  /** Writes are split every few bytes: inside of lines, and of characters. */
  readonly brokenChunks?: boolean
  /** An event that no protocol knows comes before each piece. */
  readonly unknownEvents?: boolean
  /** An event whose JSON is broken comes behind the first piece. */
  readonly invalidJson?: boolean
  /** Goes on for ever behind the end of the response, with events that no protocol knows. */
  readonly babble?: boolean
  /** Answers with a page, status 200; with `endless` one that has no end. */
  readonly html?: boolean
  /** Answers with the whole response as JSON: a server that does not stream. */
  readonly json?: boolean
  /** Milliseconds before each piece. */
  readonly delay?: number
  /** So many pieces come at once, before the delay begins. @default 0 */
  readonly delayAfter?: number
}

export interface FullCall {
  readonly name: string
  readonly arguments: string
  readonly callId: string
}

/** A reply with all that a protocol has to send filled in. */
export interface FullReply extends Omit<Reply, 'calls' | 'usage'> {
  readonly id: string
  readonly think: readonly string[]
  readonly say: readonly string[]
  readonly calls: readonly FullCall[]
  readonly stop: StopReason
  readonly usage: Usage
}

/** Fills in the defaults. */
export function fullReply(reply: Reply, number: number): FullReply {
  const calls = (reply.calls ?? []).map((call, index) => ({
    name: call.name,
    arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments ?? {}),
    callId: call.callId ?? `call_${number}_${index + 1}`,
  }))
  const implied = reply.refuse !== undefined ? 'refusal' : calls.length > 0 ? 'tool_calls' : 'stop'
  return {
    ...reply,
    id: reply.id ?? `resp_${number}`,
    think: reply.think ?? [],
    say: reply.say ?? [],
    calls,
    stop: reply.stop ?? implied,
    usage: { inputTokens: 10, outputTokens: 5, cachedTokens: 0, reasoningTokens: 0, ...reply.usage },
  }
}

/** The pieces of the text, which may never end. */
export function* textPieces(reply: FullReply): Generator<string> {
  yield* reply.say
  if (!reply.endless) return
  const { text, bytes = Number.POSITIVE_INFINITY } = reply.endless
  const size = Buffer.byteLength(text)
  for (let sent = 0; sent < bytes; sent += size) yield text
}

/** A call's arguments in two pieces, so that somebody has to put them together. */
export function halves(text: string): readonly string[] {
  const middle = Math.ceil(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)]
}

/** Picks the reply to a request, by the script. */
export async function replyTo(request: ScriptedRequest, script: Script): Promise<Reply> {
  if (typeof script === 'function') return await script(request)
  if (!isList(script)) return script
  const tooMany = `The script has ${script.length} replies; this is request ${request.number}.`
  return script[request.number - 1] ?? { status: 400, message: tooMany }
}

function isList(script: Reply | readonly Reply[]): script is readonly Reply[] {
  return Array.isArray(script)
}
