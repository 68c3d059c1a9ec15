import type { StopReason } from '../../../src/agent/model.ts'
import { halves, textPieces } from './reply.ts'
import type { FullReply, ScriptedRequest } from './reply.ts'
import type { Protocol, ServerEvent } from './protocol.ts'

/**
 * The Messages protocol of Anthropic: `POST /v1/messages`. A message is blocks, one after the other, each begun, told in
 * pieces, and ended. A thought that is {@link REDACTED} is a block of its own, which nobody can read.
 */
export const anthropicMessagesProtocol: Protocol = {
  name: 'messages',
  path: '/v1/messages',
  events,
  whole: (reply, request) => ({
    ...emptyMessage(reply, request),
    content: blocks(reply).map(({ whole }) => whole),
    stop_reason: STOP_REASONS[reply.stop],
    usage: usage(reply, reply.usage.outputTokens),
  }),
  failure: (_status, code, message) => ({ type: 'error', error: { type: errorType(code), message } }),
  errorEvent: (code, message) => named({ type: 'error', error: { type: errorType(code), message } }),
  unknownEvent: () => named({ type: 'weather', weather: 'rain' }),
  brokenEvent: () => ({ event: 'content_block_delta', data: '{"type": "content_block_de' }),
}

/** As a thought: the model's service shows nothing of it. */
export const REDACTED = '[redacted]'

function* events(reply: FullReply, request: ScriptedRequest): Generator<ServerEvent> {
  yield named({ type: 'message_start', message: emptyMessage(reply, request) })
  yield named({ type: 'ping' })
  for (const [index, block] of blocks(reply).entries()) {
    const { start, seal } = block
    yield named({ type: 'content_block_start', index, content_block: start })
    for (const delta of block.deltas()) yield { ...named({ type: 'content_block_delta', index, delta }), piece: true }
    if (seal) yield named({ type: 'content_block_delta', index, delta: seal })
    yield named({ type: 'content_block_stop', index })
  }
  yield named({
    type: 'message_delta',
    delta: { stop_reason: STOP_REASONS[reply.stop], stop_sequence: null },
    usage: {
      output_tokens: reply.usage.outputTokens,
      output_tokens_details: { thinking_tokens: reply.usage.reasoningTokens },
    },
  })
  yield named({ type: 'message_stop' })
}

function named(data: { readonly type: string } & Record<string, unknown>): ServerEvent {
  return { event: data.type, data }
}

interface Block {
  readonly start: object
  readonly whole: object
  deltas(): Iterable<object>
  /** What ends the block, and is nothing that the model says. */
  readonly seal?: object
}

function blocks(reply: FullReply): readonly Block[] {
  const said = reply.refuse ?? reply.say.join('')
  return [
    ...thinking(reply),
    ...(said !== '' || reply.endless ? [text(reply, said)] : []),
    ...reply.calls.map(({ callId, name, arguments: input }) => ({
      start: { type: 'tool_use', id: callId, name, input: {} },
      // In a stream, the input may as well be no JSON.
      get whole() {
        return { type: 'tool_use', id: callId, name, input: Object(JSON.parse(input)) }
      },
      deltas: () => halves(input).map(half => ({ type: 'input_json_delta', partial_json: half })),
    })),
  ]
}

function thinking(reply: FullReply): readonly Block[] {
  if (reply.think.length === 0) return []
  const signature = `sealed-${reply.id}`
  const redacted = { type: 'redacted_thinking', data: signature }
  if (reply.think[0] === REDACTED) return [{ start: redacted, whole: redacted, deltas: () => [] }]
  return [
    {
      start: { type: 'thinking', thinking: '', signature: '' },
      whole: { type: 'thinking', thinking: reply.think.join(''), signature },
      deltas: () => reply.think.map(thought => ({ type: 'thinking_delta', thinking: thought })),
      seal: { type: 'signature_delta', signature },
    },
  ]
}

function text(reply: FullReply, said: string): Block {
  return {
    start: { type: 'text', text: '' },
    whole: { type: 'text', text: said },
    *deltas() {
      for (const piece of reply.refuse === undefined ? textPieces(reply) : halves(reply.refuse)) {
        yield { type: 'text_delta', text: piece }
      }
    },
  }
}

function emptyMessage(reply: FullReply, request: ScriptedRequest): object {
  return {
    id: reply.id,
    type: 'message',
    role: 'assistant',
    model: request.body.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: usage(reply, 1),
  }
}

/** What was read from the cache is no part of this service's input. */
function usage(reply: FullReply, outputTokens: number): object {
  const { inputTokens, cachedTokens } = reply.usage
  return {
    input_tokens: inputTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: outputTokens,
  }
}

const STOP_REASONS: Readonly<Record<StopReason, string>> = {
  stop: 'end_turn',
  tool_calls: 'tool_use',
  length: 'max_tokens',
  refusal: 'refusal',
  content_filter: 'refusal',
  other: 'pause_turn',
}

/** The service's own names of what others call otherwise. */
function errorType(code: string): string {
  const types: Readonly<Record<string, string>> = {
    server_error: 'api_error',
    rate_limit_exceeded: 'rate_limit_error',
  }
  return types[code] ?? code
}
