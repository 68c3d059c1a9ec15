import { halves, textPieces } from './reply.ts'
import type { FullCall, FullReply, ScriptedRequest } from './reply.ts'
import type { Protocol, ServerEvent } from './protocol.ts'

/** The Responses protocol of OpenAI: `POST /v1/responses`. Its events number themselves, and name their item. */
export const openaiResponsesProtocol: Protocol = {
  name: 'responses',
  path: '/v1/responses',
  *events(reply, request) {
    let number = 0
    for (const event of unnumbered(reply, request)) {
      const { piece, ...data } = event
      yield { event: event.type, data: { ...data, sequence_number: number++ }, ...(piece && { piece }) }
    }
  },
  whole: (reply, request) => response(reply, request, 'completed', outputItems(reply, request)),
  failure: (_status, code, message) => ({ error: { message, type: code, param: null, code } }),
  errorEvent: (code, message) => ({
    event: 'error',
    data: { type: 'error', code, message, param: null, sequence_number: 999 },
  }),
  failedEvent: (reply, code, message) => ({
    event: 'response.failed',
    data: {
      type: 'response.failed',
      sequence_number: 999,
      response: { id: reply.id, object: 'response', status: 'failed', error: { code, message }, output: [] },
    },
  }),
  unknownEvent: (): ServerEvent => ({
    event: 'response.weather.changed',
    data: { type: 'response.weather.changed', weather: 'rain' },
  }),
}

type ResponseEvent = { readonly type: string; readonly piece?: true; readonly item?: OutputItem } & Record<
  string,
  unknown
>
type OutputItem = { readonly id: string; readonly type: string } & Record<string, unknown>

function* unnumbered(reply: FullReply, request: ScriptedRequest): Generator<ResponseEvent> {
  const output: OutputItem[] = []
  yield { type: 'response.created', response: response(reply, request, 'in_progress', []) }
  yield { type: 'response.in_progress', response: response(reply, request, 'in_progress', []) }
  const made = [
    thought(reply, request),
    spoken(reply),
    ...reply.calls.map((call, index) => callEvents(reply, call, index)),
  ]
  for (const events of made) {
    if (!events) continue
    const item = yield* at(output.length, events)
    output.push(item)
  }
  const incomplete = reply.stop === 'length' || reply.stop === 'content_filter'
  const type = incomplete ? 'incomplete' : 'completed'
  yield { type: `response.${type}`, response: response(reply, request, type, output) }
}

/** Gives the events of one item their place in the output. */
function* at(index: number, events: Generator<ResponseEvent, OutputItem>): Generator<ResponseEvent, OutputItem> {
  for (;;) {
    const next = events.next()
    if (next.done) return next.value
    yield { ...next.value, output_index: index }
  }
}

function thought(reply: FullReply, request: ScriptedRequest): Generator<ResponseEvent, OutputItem> | undefined {
  return reply.think.length > 0 ? reasoningEvents(reply, request) : undefined
}

function* reasoningEvents(reply: FullReply, request: ScriptedRequest): Generator<ResponseEvent, OutputItem> {
  const id = `rs_${reply.id}`
  const summary = { item_id: id, summary_index: 0 }
  yield { type: 'response.output_item.added', item: { id, type: 'reasoning', summary: [] } }
  yield { type: 'response.reasoning_summary_part.added', ...summary, part: { type: 'summary_text', text: '' } }
  for (const delta of reply.think)
    yield { type: 'response.reasoning_summary_text.delta', ...summary, delta, piece: true }
  const text = reply.think.join('')
  yield { type: 'response.reasoning_summary_text.done', ...summary, text }
  yield { type: 'response.reasoning_summary_part.done', ...summary, part: { type: 'summary_text', text } }
  const encrypted = includes(request, 'reasoning.encrypted_content') ? { encrypted_content: `sealed-${id}` } : {}
  const item = { id, type: 'reasoning', summary: [{ type: 'summary_text', text }], ...encrypted }
  yield { type: 'response.output_item.done', item }
  return item
}

function spoken(reply: FullReply): Generator<ResponseEvent, OutputItem> | undefined {
  return reply.refuse !== undefined || reply.say.length > 0 || reply.endless ? messageEvents(reply) : undefined
}

function* messageEvents(reply: FullReply): Generator<ResponseEvent, OutputItem> {
  const id = `msg_${reply.id}`
  const head = { id, type: 'message', role: 'assistant' }
  const refused = reply.refuse !== undefined
  const part = (text: string): object =>
    refused ? { type: 'refusal', refusal: text } : { type: 'output_text', text, annotations: [], logprobs: [] }
  const place = { item_id: id, content_index: 0 }
  yield { type: 'response.output_item.added', item: { ...head, status: 'in_progress', content: [] } }
  yield { type: 'response.content_part.added', ...place, part: part('') }
  const type = refused ? 'response.refusal' : 'response.output_text'
  const said: string[] = []
  for (const delta of refused ? halves(reply.refuse ?? '') : textPieces(reply)) {
    if (!reply.endless) said.push(delta)
    yield { type: `${type}.delta`, ...place, delta, ...(!refused && { logprobs: [] }), piece: true }
  }
  const text = said.join('')
  yield { type: `${type}.done`, ...place, ...(refused ? { refusal: text } : { text, logprobs: [] }) }
  yield { type: 'response.content_part.done', ...place, part: part(text) }
  const item = { ...head, status: reply.stop === 'length' ? 'incomplete' : 'completed', content: [part(text)] }
  yield { type: 'response.output_item.done', item }
  return item
}

function* callEvents(reply: FullReply, call: FullCall, index: number): Generator<ResponseEvent, OutputItem> {
  const { name, arguments: text, callId } = call
  const id = `fc_${reply.id}_${index + 1}`
  const head = { id, type: 'function_call', call_id: callId, name }
  yield { type: 'response.output_item.added', item: { ...head, status: 'in_progress', arguments: '' } }
  for (const delta of halves(text)) {
    yield { type: 'response.function_call_arguments.delta', item_id: id, delta, piece: true }
  }
  yield { type: 'response.function_call_arguments.done', item_id: id, arguments: text }
  const item = { ...head, status: 'completed', arguments: text }
  yield { type: 'response.output_item.done', item }
  return item
}

/** The items of the whole response, as the events end in them. */
function outputItems(reply: FullReply, request: ScriptedRequest): readonly OutputItem[] {
  return [...unnumbered(reply, request)].flatMap(({ type, item }) =>
    type === 'response.output_item.done' && item ? [item] : [],
  )
}

function response(reply: FullReply, request: ScriptedRequest, status: string, output: readonly OutputItem[]): object {
  const ended = status !== 'in_progress'
  return {
    id: reply.id,
    object: 'response',
    created_at: 1_760_000_000,
    status,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: incompleteReason(reply) } : null,
    model: request.body.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: request.body.previous_response_id ?? null,
    store: request.body.store ?? true,
    usage: ended ? usage(reply) : null,
  }
}

function incompleteReason(reply: FullReply): string {
  return reply.stop === 'length' ? 'max_output_tokens' : 'content_filter'
}

function usage(reply: FullReply): object {
  const { inputTokens, outputTokens, cachedTokens, reasoningTokens } = reply.usage
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  }
}

function includes(request: ScriptedRequest, what: string): boolean {
  const { include } = request.body
  return Array.isArray(include) && include.includes(what)
}
