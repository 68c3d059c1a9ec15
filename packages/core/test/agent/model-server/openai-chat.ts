import { halves, textPieces } from './reply.ts'
import type { FullReply, ScriptedRequest } from './reply.ts'
import type { Protocol, ServerEvent } from './protocol.ts'

/**
 * The Chat Completions protocol of OpenAI, and of the many servers that are compatible with it: `POST /v1/chat/completions`.
 * Thoughts are sent as those servers do, by `reasoning_content`.
 */
export const openaiChatProtocol: Protocol = {
  name: 'chat',
  path: '/v1/chat/completions',
  events,
  whole: (reply, request) => ({
    ...head(reply, request, 'chat.completion'),
    choices: [{ index: 0, message: wholeMessage(reply), finish_reason: finishReason(reply), logprobs: null }],
    usage: usage(reply),
  }),
  failure: (_status, code, message) => ({ error: { message, type: code, param: null, code } }),
  errorEvent: (code, message) => ({ data: { error: { message, type: code, param: null, code } } }),
  unknownEvent: () => ({ data: { id: 'weather_1', object: 'weather.report', weather: 'rain' } }),
}

function* events(reply: FullReply, request: ScriptedRequest): Generator<ServerEvent> {
  const chunk = (delta: object, finish: string | null = null): object => ({
    ...head(reply, request, 'chat.completion.chunk'),
    choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }],
    ...(wantsUsage(request) && { usage: null }),
  })
  const piece = (delta: object): ServerEvent => ({ data: chunk(delta), piece: true })

  yield { data: chunk({ role: 'assistant', content: '', refusal: null }) }
  for (const text of reply.think) yield piece({ reasoning_content: text })
  for (const text of reply.refuse === undefined ? textPieces(reply) : []) yield piece({ content: text })
  for (const text of reply.refuse === undefined ? [] : halves(reply.refuse)) yield piece({ refusal: text })
  for (const [index, { name, arguments: text, callId }] of reply.calls.entries()) {
    const named = { index, id: callId, type: 'function', function: { name, arguments: '' } }
    yield { data: chunk({ tool_calls: [named] }) }
    for (const half of halves(text)) yield piece({ tool_calls: [{ index, function: { arguments: half } }] })
  }
  yield { data: chunk({}, finishReason(reply)) }
  if (wantsUsage(request)) {
    yield { data: { ...head(reply, request, 'chat.completion.chunk'), choices: [], usage: usage(reply) } }
  }
  yield { data: '[DONE]' }
}

function head(reply: FullReply, request: ScriptedRequest, object: string): object {
  return { id: reply.id, object, created: 1_760_000_000, model: request.body.model, system_fingerprint: 'fp_test' }
}

function wholeMessage(reply: FullReply): object {
  const calls = reply.calls.map(call => ({
    id: call.callId,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  }))
  return {
    role: 'assistant',
    content: reply.say.length > 0 ? reply.say.join('') : null,
    refusal: reply.refuse ?? null,
    ...(calls.length > 0 && { tool_calls: calls }),
  }
}

/** A refusal ends like any other message. */
function finishReason(reply: FullReply): string {
  return reply.stop === 'refusal' ? 'stop' : reply.stop
}

function wantsUsage(request: ScriptedRequest): boolean {
  const options = request.body.stream_options
  return typeof options === 'object' && options !== null && 'include_usage' in options && options.include_usage === true
}

function usage(reply: FullReply): object {
  const { inputTokens, outputTokens, cachedTokens, reasoningTokens } = reply.usage
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  }
}
