import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import type { Item } from '../../../src/agent/items.ts'
import type { ModelEvent } from '../../../src/agent/model.ts'
import { CallIds } from '../../../src/agent/models/call-ids.ts'
import { ChatReader, type ChatChunk } from '../../../src/agent/models/openai-chat-chunks.ts'
import { openaiChat } from '../../../src/agent/models/openai-chat.ts'
import { openaiResponses } from '../../../src/agent/models/openai-responses.ts'
import { elementsOf, fieldsOf, textOf } from '../../../src/agent/models/reading.ts'
import { until } from '../../support/until.ts'
import { startModelServer } from '../model-server/server.ts'
import { collect, failure, itemsOf, modelContract, REQUEST } from './model-contract.ts'
import type { Told } from './model-contract.ts'

const client = (url: string): OpenAI => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', logLevel: 'off' })

modelContract({
  name: 'openaiResponses',
  connect: url => openaiResponses(client(url), { model: 'test' }),
  conversation: body => [
    ...(body.instructions === undefined ? [] : [{ role: 'system' as const, text: textOf(body.instructions) }]),
    ...elementsOf(body.input).map(fieldsOf).map(toldByResponses),
  ],
})

modelContract({
  name: 'openaiChat',
  connect: url => openaiChat(client(url), { model: 'test' }),
  conversation: body => elementsOf(body.messages).map(fieldsOf).flatMap(toldByChat),
})

describe('openaiResponses', () => {
  const thought = { think: ['Look first.'], calls: [{ name: 'weather', callId: 'a' }] }
  const result = { type: 'tool_result', callId: 'a', name: 'weather', status: 'ok', output: 'rain' } as const

  test('nothing is stored, and reasoning goes back as it came, encrypted', async () => {
    await using server = await startModelServer({ script: [thought, { say: ['Yes.'] }] })
    const model = openaiResponses(client(server.url), { model: 'test' })
    const made = itemsOf(await collect(model))
    await collect(model, { ...REQUEST, items: [...REQUEST.items, ...made, result] })
    expect(server.requests[0]?.body).toMatchObject({ store: false, include: ['reasoning.encrypted_content'] })
    expect(elementsOf(server.requests[1]?.body.input)[1]).toEqual({
      id: 'rs_resp_1',
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: 'Look first.' }],
      encrypted_content: 'sealed-rs_resp_1',
    })
  })

  test('reasoning that is not there itself goes back only where it was stored', async () => {
    await using server = await startModelServer({ script: {} })
    const sealed = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'sealed' }
    const open = { type: 'reasoning', id: 'rs_2', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] }
    const named = { type: 'reasoning', id: 'rs_3', summary: [], encrypted_content: null }
    const thoughts = [sealed, open, named].map((value): Item => ({
      type: 'reasoning',
      text: '',
      raw: { port: 'openai.responses', value },
    }))
    const items: Item[] = [...thoughts, { type: 'message', role: 'assistant', text: 'Yes.' }]
    for (const store of [false, true]) {
      await collect(openaiResponses(client(server.url), { model: 'test', store }), { items, tools: [] })
    }
    const sent = server.requests.map(({ body }) => elementsOf(body.input).slice(0, -1))
    expect(sent).toEqual([
      [sealed, open],
      [sealed, open, named],
    ])
  })

  test('calls go back in a form that all services can read', async () => {
    await using server = await startModelServer({ script: {} })
    const items = ['{"city":', ''].map((args): Item => ({
      type: 'tool_call',
      callId: 'a',
      name: 'the.weather',
      arguments: args,
    }))
    await collect(openaiResponses(client(server.url), { model: 'test' }), { items, tools: [] })
    const call = { type: 'function_call', call_id: 'a', name: 'the_weather' }
    expect(server.requests[0]?.body.input).toEqual([
      { ...call, arguments: String.raw`{"not_an_object":"{\"city\":"}` },
      { ...call, arguments: '{}' },
    ])
  })

  test('reasoning that led to nothing is left out', async () => {
    await using server = await startModelServer({ script: [thought, {}] })
    const model = openaiResponses(client(server.url), { model: 'test' })
    const [reasoning] = itemsOf(await collect(model))
    await collect(model, { ...REQUEST, items: [...(reasoning ? [reasoning] : []), ...REQUEST.items] })
    expect(elementsOf(server.requests[1]?.body.input)).toEqual([{ role: 'user', content: 'Does it rain?' }])
  })

  test('a stored response is gone on from', async () => {
    await using server = await startModelServer({ script: { say: ['Yes.'] } })
    const model = openaiResponses(client(server.url), { model: 'test', store: true })
    await collect(model, { ...REQUEST, previousResponseId: 'resp_0' })
    expect(server.requests[0]?.body).toMatchObject({ store: true, previous_response_id: 'resp_0' })
    expect(server.requests[0]?.body).not.toHaveProperty('include')
  })

  test('what is not stored can not be gone on from', async () => {
    await using server = await startModelServer({ script: {} })
    const model = openaiResponses(client(server.url), { model: 'test' })
    expect(await failure(model, { ...REQUEST, previousResponseId: 'resp_0' })).toMatchObject({ code: 'INVALID_OPTION' })
    expect(server.counts.requests).toBe(0)
  })

  test('params go along, and a model that does not reason is not asked for its reasoning', async () => {
    await using server = await startModelServer({ script: {} })
    const params = { temperature: 0.5, parallel_tool_calls: false, model: 'another' }
    await collect(openaiResponses(client(server.url), { model: 'gpt-4.1-mini', params }))
    expect(server.requests[0]?.body).toMatchObject({ ...params, model: 'gpt-4.1-mini' })
    const without = ['ft:gpt-4o-mini:us::1', 'some/gpt-4o', 'chatgpt-4o-latest', 'gpt-5-chat-latest']
    const reasoning = ['gpt-5.2', 'o4-mini', 'ft:o4-mini:us::1', 'some']
    for (const model of [...without, ...reasoning]) await collect(openaiResponses(client(server.url), { model }))
    const asked = server.requests.filter(({ body }) => 'include' in body).map(({ body }) => body.model)
    expect(asked).toEqual(reasoning)
  })

  test('a service that goes on behind the end of a response is left', async () => {
    await using server = await startModelServer({ script: { say: ['Yes.'], babble: true } })
    const events = await collect(openaiResponses(client(server.url), { model: 'test' }))
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' })
    await until(() => server.counts.aborted === 1)
  })

  test('an empty stream was cut, and a failure without an explanation may pass', async () => {
    await using server = await startModelServer({ script: [{ endAfter: 0 }, { failAfter: 0, code: '', message: '' }] })
    const model = openaiResponses(client(server.url), { model: 'test' })
    expect(await failure(model)).toMatchObject({ code: 'MODEL_PROTOCOL', facts: { retryable: true } })
    expect(await failure(model)).toMatchObject({ code: 'MODEL_FAILED', facts: { retryable: true } })
  })
})

describe('openaiChat', () => {
  test('thoughts go back only where they are wanted, in the field they came in', async () => {
    await using server = await startModelServer({
      script: ({ number }) => (number % 2 ? { think: ['Hm.'], calls: [{ name: 'weather' }] } : {}),
    })
    for (const sendReasoning of [false, true]) {
      const model = openaiChat(client(server.url), { model: 'test', sendReasoning })
      const made = itemsOf(await collect(model))
      await collect(model, { items: made, tools: [] })
      const [turn] = elementsOf(server.requests.at(-1)?.body.messages)
      expect(fieldsOf(turn).reasoning_content).toBe(sendReasoning ? 'Hm.' : undefined)
      expect(elementsOf(fieldsOf(turn).tool_calls)).toHaveLength(1)
    }
  })

  test('what a gateway tells of thoughts goes back with what they led to', async () => {
    await using server = await startModelServer({ script: {} })
    const text = { type: 'reasoning.text', index: 0, format: 'anthropic' }
    const sealed = { type: 'reasoning.encrypted', data: 'sealed', id: 'a' }
    const made = itemsOf(
      read(
        chunk({ reasoning: 'Look ', reasoning_details: [{ ...text, text: 'Look ', signature: null }] }),
        chunk({ reasoning: 'first.', reasoning_details: [{ ...text, text: 'first.' }] }),
        chunk({ content: 'I look.', reasoning_details: [{ ...text, signature: 's' }] }),
        chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'weather', arguments: '{}' } }] }),
        chunk({ reasoning_details: [sealed] }, 'tool_calls'),
      ),
    )
    expect(made.map(({ type }) => type)).toEqual(['reasoning', 'message', 'reasoning', 'tool_call'])
    await collect(openaiChat(client(server.url), { model: 'test' }), { items: made, tools: [] })
    expect(server.requests[0]?.body.messages).toMatchObject([
      {
        role: 'assistant',
        content: 'I look.',
        reasoning_details: [{ ...text, text: 'Look first.', signature: 's' }, sealed],
        tool_calls: [{ id: 'a' }],
      },
    ])
    expect(elementsOf(server.requests[0]?.body.messages).map(fieldsOf)[0]).not.toHaveProperty('reasoning')
  })

  test('a response that failed without an error is none, and nothing of it is called', () => {
    const call = { index: 0, id: 'a', function: { name: 'weather', arguments: '' } }
    for (const reason of ['error', 'insufficient_system_resource']) {
      expect(() => read(chunk({ tool_calls: [call] }), chunk({}, reason))).toThrow(
        expect.objectContaining({ code: 'MODEL_FAILED', facts: { code: reason, retryable: true } }),
      )
    }
  })

  test('calls get ids of their own where a service repeats its ids', async () => {
    await using server = await startModelServer({ script: { calls: [{ name: 'weather', callId: 'call_0' }] } })
    const model = openaiChat(client(server.url), { model: 'test' })
    const first = itemsOf(await collect(model))
    const second = itemsOf(await collect(model, { ...REQUEST, items: [...REQUEST.items, ...first] }))
    expect(first).toMatchObject([{ callId: 'call_0' }])
    expect(second).toMatchObject([{ callId: expect.not.stringMatching(/^call_0$/), name: 'weather', arguments: '{}' }])
  })

  test('usage is asked for, unless the service refuses to be asked', async () => {
    await using server = await startModelServer({ script: { say: ['Yes.'] } })
    const params = { stream_options: { include_obfuscation: false } }
    await collect(openaiChat(client(server.url), { model: 'test', params }))
    const events = await collect(openaiChat(client(server.url), { model: 'test', includeUsage: false }))
    const asked = { include_obfuscation: false, include_usage: true }
    expect(server.requests.map(({ body }) => body.stream_options)).toEqual([asked, undefined])
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop' })
  })

  test('calls of one response are told apart where a service gives them one index, or none', () => {
    const calls = [
      {
        id: 'a',
        function: { name: 'weather', arguments: '{"city":"Gent"}' },
        extra_content: { google: { sign: 's' } },
      },
      { id: 'b', function: { name: 'weather', arguments: { city: 'Brno' } } },
      { function: { name: 'time', arguments: '{}' } },
      { function: { name: '', arguments: '' } },
    ]
    for (const index of [0, undefined]) {
      // A name begins a call only where there is an index: what has neither that nor an id goes on.
      const told = calls.slice(0, index === 0 ? 4 : 2)
      const made = itemsOf(read(...told.map(call => chunk({ tool_calls: [{ ...call, index }] })), chunk({}, 'stop')))
      expect(made).toMatchObject([
        { callId: 'a', name: 'weather', arguments: '{"city":"Gent"}', raw: { value: { extra_content: {} } } },
        { callId: 'b', name: 'weather', arguments: '{"city":"Brno"}' },
        ...(index === 0 ? [{ name: 'time', arguments: '{}' }] : []),
      ])
    }
    // With its name, and even another id, in each piece it is still one call.
    const pieces = ['{"a":{}', ',"b":1}', ''].map((args, n) => ({
      id: `x${n}`,
      function: { name: 'f', arguments: args },
    }))
    const one = read(...pieces.map(call => chunk({ tool_calls: [{ index: 0, ...call }] })), chunk({}, 'tool_calls'))
    expect(itemsOf(one)).toEqual([{ type: 'tool_call', callId: 'x0', name: 'f', arguments: '{"a":{},"b":1}' }])
  })

  test('what goes back with a call goes back with it, in a form that all services can read', async () => {
    await using server = await startModelServer({ script: {} })
    const raw = { port: 'openai.chat', value: { extra_content: { google: { sign: 's' } } } }
    const items = ['{"city":"Gent"}', '{"city":', '', '[1]'].map((args): Item => ({
      type: 'tool_call',
      callId: 'a',
      name: 'the.weather',
      arguments: args,
      raw,
    }))
    await collect(openaiChat(client(server.url), { model: 'test' }), { items, tools: [] })
    const [turn] = elementsOf(server.requests[0]?.body.messages)
    const sent = elementsOf(fieldsOf(turn).tool_calls).map(fieldsOf)
    const args = ['{"city":"Gent"}', String.raw`{"not_an_object":"{\"city\":"}`, '{}', '{"not_an_object":"[1]"}']
    expect(sent).toEqual(
      args.map(text => ({
        id: 'a',
        type: 'function',
        function: { name: 'the_weather', arguments: text },
        extra_content: { google: { sign: 's' } },
      })),
    )
  })

  test('an empty reason to stop is none', () => {
    expect(() => read(chunk({ content: 'It' }, ''))).toThrow(/ended before the response did/)
    expect(read(chunk({ content: 'It' }, 'stop'), chunk({}, '')).at(-1)).toEqual({ type: 'finish', reason: 'stop' })
  })

  test('content may be a list of parts', () => {
    const content = [
      { type: 'thinking', thinking: [] },
      { type: 'text', text: 'Yes.' },
    ]
    expect(read(chunk({ content }, 'stop'))).toEqual([
      { type: 'warning', message: expect.stringContaining('content part (thinking)') },
      { type: 'text', text: 'Yes.' },
      { type: 'item', item: { type: 'message', role: 'assistant', text: 'Yes.' } },
      { type: 'finish', reason: 'stop' },
    ])
  })

  test('there is no response to go on from', async () => {
    await using server = await startModelServer({ script: {} })
    const model = openaiChat(client(server.url), { model: 'test' })
    expect(await failure(model, { ...REQUEST, previousResponseId: 'resp_0' })).toMatchObject({ code: 'INVALID_OPTION' })
  })
})

/** What is made of these chunks. */
function read(...chunks: readonly ChatChunk[]): ModelEvent[] {
  const reader = new ChatReader(new CallIds([]))
  const events: ModelEvent[] = []
  for (const each of chunks) events.push(...reader.read(each))
  return [...events, ...reader.end()]
}

function chunk(delta: object, finish: string | null = null): ChatChunk {
  return Object.assign({ object: 'chat.completion.chunk' }, { choices: [{ index: 0, delta, finish_reason: finish }] })
}

type Fields = Readonly<Record<string, unknown>>

function toldByResponses(item: Fields): Told {
  if (item.type === 'reasoning') return { thought: JSON.stringify(item.summary) }
  if (item.type === 'function_call') {
    return { call: textOf(item.call_id), name: textOf(item.name), arguments: JSON.parse(textOf(item.arguments)) }
  }
  if (item.type === 'function_call_output') return { result: textOf(item.call_id), output: textOf(item.output) }
  return { role: roleOf(item.role), text: textOf(item.content) }
}

function toldByChat(message: Fields): Told[] {
  if (message.role === 'tool') return [{ result: textOf(message.tool_call_id), output: textOf(message.content) }]
  const calls = elementsOf(message.tool_calls).map(fieldsOf)
  return [
    ...(message.content ? [{ role: roleOf(message.role), text: textOf(message.content) }] : []),
    ...calls.map(({ id, function: called }) => ({
      call: textOf(id),
      name: textOf(fieldsOf(called).name),
      arguments: JSON.parse(textOf(fieldsOf(called).arguments)) as unknown,
    })),
  ]
}

function roleOf(role: unknown): 'system' | 'user' | 'assistant' {
  if (role === 'system' || role === 'user' || role === 'assistant') return role
  throw new Error(`No role of a message: ${String(role)}`)
}
