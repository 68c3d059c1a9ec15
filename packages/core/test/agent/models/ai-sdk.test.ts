import { createOpenAI } from '@ai-sdk/openai'
import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { Item } from '../../../src/agent/items.ts'
import { aiSdk } from '../../../src/agent/models/ai-sdk.ts'
import type { StreamPart } from '../../../src/agent/models/ai-sdk-parts.ts'
import type { AiSdkModel } from '../../../src/agent/models/ai-sdk.ts'
import { elementsOf, fieldsOf, textOf } from '../../../src/agent/models/reading.ts'
import { startModelServer } from '../model-server/server.ts'
import { collect, failure, itemsOf, modelContract, REQUEST } from './model-contract.ts'
import type { Told } from './model-contract.ts'

const openai = (url: string): ReturnType<typeof createOpenAI> => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'none' })

const ENDLESS_PAGE = {
  reason: 'The provider reads up to the first text before it gives its stream away.',
  tests: ['a web page without an end is left'],
}

modelContract({
  name: 'aiSdk on Responses',
  connect: url => aiSdk(openai(url).responses('gpt-5.2')),
  conversation: body => elementsOf(body.input).map(fieldsOf).map(toldByResponses),
  leaveOut: [
    ENDLESS_PAGE,
    { reason: 'The provider leaves them out, and says nothing.', tests: ['an unknown event is one warning'] },
  ],
})

modelContract({
  name: 'aiSdk on Chat Completions',
  connect: url => aiSdk(openai(url).chat('gpt-4.1')),
  conversation: body => elementsOf(body.messages).map(fieldsOf).flatMap(toldByChat),
  leaveOut: [
    ENDLESS_PAGE,
    { reason: 'The provider takes no notice of thoughts.', tests: ['reasoning comes before what it led to'] },
  ],
})

describe('aiSdk on Responses', () => {
  test('encrypted reasoning goes back as it came, and nothing is stored', async () => {
    await using server = await startModelServer({
      script: [{ think: ['Look ', 'first.'], calls: [{ name: 'weather', callId: 'a' }] }, {}],
    })
    const model = aiSdk(openai(server.url).responses('gpt-5.2'))
    const result: Item = { type: 'tool_result', callId: 'a', name: 'weather', status: 'ok', output: 'rain' }
    await collect(model, { ...REQUEST, items: [...REQUEST.items, ...itemsOf(await collect(model)), result] })
    const [first, second] = server.requests.map(({ body }) => body)
    expect(first).toMatchObject({ store: false, include: ['reasoning.encrypted_content'] })
    expect(elementsOf(second?.input).find(item => fieldsOf(item).type === 'reasoning')).toEqual({
      type: 'reasoning',
      id: 'rs_resp_1',
      encrypted_content: 'sealed-rs_resp_1',
      summary: [{ type: 'summary_text', text: 'Look first.' }],
    })
  })

  test('only a stored response can be gone on from', async () => {
    await using server = await startModelServer({ script: {} })
    const model = openai(server.url).responses('gpt-5.2')
    const request = { ...REQUEST, previousResponseId: 'resp_0' }
    expect(await failure(aiSdk(model), request)).toMatchObject({ code: 'INVALID_OPTION' })
    await collect(aiSdk(model, { params: { providerOptions: { openai: { store: true } } } }), request)
    expect(server.requests.map(({ body }) => body)).toMatchObject([{ store: true, previous_response_id: 'resp_0' }])
  })
})

describe('aiSdk with the model of another provider', () => {
  test('items come in the order in which they began, and what it runs itself is left out', async () => {
    const events = await collect(
      provided([
        { type: 'reasoning-start', id: 'r' },
        { type: 'reasoning-delta', id: 'r', delta: 'Hm.' },
        { type: 'reasoning-delta', id: 'r', delta: '', providerMetadata: { some: { signature: 'sealed' } } },
        { type: 'text-start', id: '0' },
        { type: 'text-delta', id: '0', delta: 'I look.' },
        { type: 'tool-call', toolCallId: 's', toolName: 'search', input: '{}', providerExecuted: true },
        { type: 'tool-result', toolCallId: 's', toolName: 'search', result: {} },
        { type: 'tool-call', toolCallId: 'a', toolName: 'weather', input: '{}' },
        { type: 'reasoning-end', id: 'r' },
        { type: 'text-end', id: '0' },
        { type: 'finish', finishReason: 'tool-calls', usage: { inputTokens: 7, outputTokens: 3 } },
      ]),
    )
    expect(itemsOf(events)).toMatchObject([
      { type: 'reasoning', text: 'Hm.', raw: { port: 'ai-sdk:some', value: { some: { signature: 'sealed' } } } },
      { type: 'message', text: 'I look.' },
      { type: 'tool_call', callId: 'a', name: 'weather' },
    ])
    expect(events.filter(({ type }) => type === 'warning')).toHaveLength(2)
    expect(events.at(-1)).toEqual({
      type: 'finish',
      reason: 'tool_calls',
      usage: { inputTokens: 7, outputTokens: 3, cachedTokens: 0, reasoningTokens: 0 },
    })
  })

  test('thoughts come first in what is sent again, and lead to something', async () => {
    const prompts: unknown[] = []
    for (const provider of ['some', 'openai.responses']) {
      const raw = { port: `ai-sdk:${provider}`, value: { any: { signature: 's' } } }
      const items: Item[] = [
        { type: 'message', role: 'assistant', text: 'I look', partial: true },
        { type: 'reasoning', text: 'Hm.', raw },
        { type: 'tool_call', callId: 'a', name: 'weather', arguments: '{}' },
        { type: 'tool_result', callId: 'a', name: 'weather', status: 'ok', output: 'rain' },
        { type: 'reasoning', text: 'Nothing.', raw },
        { type: 'message', role: 'user', text: 'Well?' },
        { type: 'message', role: 'assistant', text: 'It ', partial: true },
      ]
      const stream = ReadableStream.from([{ type: 'finish', finishReason: 'stop', usage: {} }])
      const model = aiSdk({
        specificationVersion: 'v2',
        provider,
        async doStream(options) {
          prompts.push(fieldsOf(options).prompt)
          return { stream }
        },
      })
      await collect(model, { items, tools: [] })
    }
    const told = prompts.map(prompt =>
      elementsOf(prompt)
        .map(fieldsOf)
        .map(({ role, content }) => `${textOf(role)}: ${typesOf(content)}`),
    )
    const rest = ['tool: tool-result', 'user: text', 'assistant: text', 'user: text']
    expect(told).toEqual([
      ['assistant: reasoning,text,tool-call', ...rest],
      ['assistant: text,reasoning,tool-call', ...rest],
    ])
  })

  test('a stream that hears of no signal is cancelled', async () => {
    let cancelled: unknown
    const stream = new ReadableStream({ cancel: reason => void (cancelled = reason) })
    const controller = new AbortController()
    const events = provided(stream)(REQUEST, { signal: controller.signal })[Symbol.asyncIterator]()
    const next = events.next()
    await expect.poll(() => stream.locked).toBe(true)
    controller.abort('enough')
    await expect(next).rejects.toMatchObject({ code: 'ABORTED' })
    expect(cancelled).toBe('enough')
    expect(stream.locked).toBe(false)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  test('an end for no reason is a cut', async () => {
    const cut = { type: 'finish', finishReason: 'unknown', usage: { inputTokens: undefined, outputTokens: undefined } }
    expect(await failure(provided([cut]))).toMatchObject({ code: 'MODEL_PROTOCOL', facts: { retryable: true } })
  })

  test('a version that is not known is refused', () => {
    const model: AiSdkModel = { ...openai('').chat('gpt-4.1'), specificationVersion: 'v1', provider: 'some' }
    expect(() => aiSdk(model)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})

/** A model of version 2 that streams these parts. */
function provided(parts: ReadableStream | readonly (StreamPart & Fields)[]): ReturnType<typeof aiSdk> {
  const stream = parts instanceof ReadableStream ? parts : ReadableStream.from(parts)
  return aiSdk({ specificationVersion: 'v2', provider: 'some', doStream: async () => ({ stream }) })
}

type Fields = Readonly<Record<string, unknown>>

function typesOf(content: unknown): string {
  return elementsOf(content)
    .map(part => textOf(fieldsOf(part).type))
    .join()
}

function toldByResponses(item: Fields): Told {
  switch (item.type) {
    case 'reasoning':
      return { thought: textOf(item.encrypted_content) }
    case 'function_call':
      return { call: textOf(item.call_id), name: textOf(item.name), arguments: JSON.parse(textOf(item.arguments)) }
    case 'function_call_output':
      return { result: textOf(item.call_id), output: plain(textOf(item.output)) }
    default:
      return said(item)
  }
}

function toldByChat(message: Fields): Told[] {
  if (message.role === 'tool') return [{ result: textOf(message.tool_call_id), output: plain(textOf(message.content)) }]
  const calls = elementsOf(message.tool_calls)
    .map(fieldsOf)
    .map((call): Told => {
      const { name, arguments: args } = fieldsOf(call.function)
      return { call: textOf(call.id), name: textOf(name), arguments: JSON.parse(textOf(args)) }
    })
  return message.content === null || message.content === '' ? calls : [said(message), ...calls]
}

function said({ role, content }: Fields): Told {
  const text =
    textOf(content) ||
    elementsOf(content)
      .map(part => textOf(fieldsOf(part).text))
      .join('')
  return { role: role === 'user' || role === 'assistant' ? role : 'system', text }
}

/** The provider says of a result that went wrong that it is an error. */
function plain(output: string): string {
  return /^\{"error":"(.*)"\}$/.exec(output)?.[1] ?? output
}
