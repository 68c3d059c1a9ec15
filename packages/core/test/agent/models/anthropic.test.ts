import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, test } from 'vitest'
import type { Item } from '../../../src/agent/items.ts'
import { anthropic } from '../../../src/agent/models/anthropic.ts'
import { MessagesReader } from '../../../src/agent/models/anthropic-events.ts'
import { CallIds } from '../../../src/agent/models/call-ids.ts'
import { elementsOf, fieldsOf, textOf } from '../../../src/agent/models/reading.ts'
import { REDACTED } from '../model-server/anthropic-messages.ts'
import { startModelServer } from '../model-server/server.ts'
import { collect, failure, itemsOf, modelContract, REQUEST } from './model-contract.ts'
import type { Told } from './model-contract.ts'

const client = (url: string): Anthropic => new Anthropic({ baseURL: url, apiKey: 'none', logLevel: 'off' })

modelContract({
  name: 'anthropic',
  connect: url => anthropic(client(url), { model: 'test', maxTokens: 1_000 }),
  conversation: body => [
    ...(body.system === undefined ? [] : [{ role: 'system' as const, text: textOf(body.system) }]),
    ...elementsOf(body.messages).map(fieldsOf).flatMap(toldByMessages),
  ],
  leaveOut: [{ reason: 'The service has one word for a filter and for a refusal.', tests: ['a filter is told apart'] }],
})

describe('anthropic', () => {
  test('thoughts go back sealed as they came', async () => {
    const calls = [{ name: 'weather', callId: 'a' }]
    await using server = await startModelServer({
      script: [{ think: ['Look ', 'first.'], calls, id: 'm1' }, { think: [REDACTED], calls, id: 'm2' }, {}],
    })
    const model = anthropic(client(server.url), { model: 'test', maxTokens: 1_000 })
    const items: Item[] = [...REQUEST.items]
    for (const output of ['rain', 'snow']) {
      const made = itemsOf(await collect(model, { ...REQUEST, items }))
      const callId = made.flatMap(item => (item.type === 'tool_call' ? item.callId : [])).join(' ')
      items.push(...made, { type: 'tool_result', callId, name: 'weather', status: 'ok', output })
    }
    await collect(model, { ...REQUEST, items })
    const blocks = elementsOf(server.requests[2]?.body.messages).flatMap(message =>
      elementsOf(fieldsOf(message).content),
    )
    expect(blocks.filter(block => /thinking/.test(textOf(fieldsOf(block).type)))).toEqual([
      { type: 'thinking', thinking: 'Look first.', signature: 'sealed-m1' },
      { type: 'redacted_thinking', data: 'sealed-m2' },
    ])
  })

  test('a conversation is made one that the service takes', async () => {
    await using server = await startModelServer({ script: {} })
    const model = anthropic(client(server.url), { model: 'test', maxTokens: 1_000, params: { temperature: 0 } })
    const raw = { port: 'anthropic', value: { type: 'thinking', thinking: 'Hm.', signature: 's' } }
    await collect(model, {
      instructions: 'Be brief.',
      tools: [],
      items: [
        { type: 'message', role: 'assistant', text: 'I look.' },
        { type: 'message', role: 'assistant', text: ' \n' },
        { type: 'tool_call', callId: 'a', name: 'weather', arguments: '{"city": ' },
        { type: 'tool_call', callId: 'b', name: 'weather', arguments: '' },
        { type: 'message', role: 'user', text: 'And?' },
        { type: 'tool_result', callId: 'a', name: 'weather', status: 'error', output: 'no JSON' },
        { type: 'tool_result', callId: 'b', name: 'weather', status: 'ok', output: '' },
        { type: 'message', role: 'system', text: 'Be kind.' },
        { type: 'reasoning', text: 'Hm.', raw },
        { type: 'message', role: 'user', text: 'Well?' },
      ],
    })
    expect(server.requests[0]?.body).toEqual({
      model: 'test',
      max_tokens: 1_000,
      temperature: 0,
      stream: true,
      system: 'Be brief.\n\nBe kind.',
      messages: [
        { role: 'user', content: [{ type: 'text', text: '(What was said before is not shown.)' }] },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I look.' },
            { type: 'tool_use', id: 'a', name: 'weather', input: { not_an_object: '{"city": ' } },
            { type: 'tool_use', id: 'b', name: 'weather', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', content: 'no JSON', is_error: true },
            { type: 'tool_result', tool_use_id: 'b' },
            { type: 'text', text: 'And?' },
            { type: 'text', text: 'Well?' },
          ],
        },
      ],
    })
  })

  test('thoughts come first where what broke off stands before them', async () => {
    await using server = await startModelServer({ script: {} })
    const items: Item[] = [
      { type: 'message', role: 'user', text: 'Does it rain?' },
      { type: 'message', role: 'assistant', text: 'I look', partial: true },
      thought('Hm.'),
      thought('So.'),
      { type: 'message', role: 'assistant', text: 'Let me see.' },
      thought('Well.'),
      { type: 'tool_call', callId: 'a', name: 'weather', arguments: '{}' },
      { type: 'tool_result', callId: 'a', name: 'weather', status: 'ok', output: 'rain' },
    ]
    await collect(anthropic(client(server.url), { model: 'test', maxTokens: 1_000 }), { items, tools: [] })
    const turn = fieldsOf(elementsOf(server.requests[0]?.body.messages)[1])
    const told = elementsOf(turn.content).map(fieldsOf)
    const order = ['Hm.', 'So.', 'I look', 'Let me see.', 'Well.', 'call']
    expect(told.map(({ thinking, text }) => thinking ?? text ?? 'call')).toEqual(order)
  })

  test('a conversation that broke off is gone on with by a word of the user', async () => {
    await using server = await startModelServer({ script: {} })
    const model = anthropic(client(server.url), { model: 'test', maxTokens: 1_000 })
    const said = { type: 'message', role: 'assistant', text: 'It ' } as const
    const told = { type: 'message', role: 'system', text: 'Be kind.' } as const
    for (const items of [[said], [{ ...said, partial: true as const }, told]]) {
      await collect(model, { items: [...REQUEST.items, ...items], tools: [] })
    }
    const last = server.requests.map(({ body }) => elementsOf(body.messages).map(fieldsOf).at(-1))
    // What the caller has put there, whole, is a beginning that older models go on with.
    expect(last.map(message => message?.role)).toEqual(['assistant', 'user'])
  })

  test('an error says something, and ids of other services are sent as this one takes them', async () => {
    await using server = await startModelServer({ script: {} })
    const called = { callId: 'functions.time:0', name: 'time' } as const
    const items: Item[] = [
      { type: 'tool_call', ...called, arguments: '{}' },
      { type: 'tool_result', ...called, status: 'error', output: ' ' },
    ]
    await collect(anthropic(client(server.url), { model: 'test', maxTokens: 1_000 }), { ...REQUEST, items })
    const messages = elementsOf(server.requests[0]?.body.messages).slice(1)
    expect(messages.flatMap(message => elementsOf(fieldsOf(message).content))).toEqual([
      { type: 'tool_use', id: 'functions_time_0', name: 'time', input: {} },
      { type: 'tool_result', tool_use_id: 'functions_time_0', content: 'The call ended as: error.', is_error: true },
    ])
  })

  test('a refusal of which nothing was said has the service’s own words', () => {
    const reader = new MessagesReader(new CallIds([]))
    const stop = { stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: 'Not this.' } }
    reader.read(Object.assign({ type: 'message_delta' }, { delta: stop }))
    expect(reader.read({ type: 'message_stop' })).toMatchObject([
      { type: 'item', item: { type: 'message', text: 'Not this.', refusal: true } },
      { type: 'finish', reason: 'refusal' },
    ])
  })

  test('there are no responses to go on from', async () => {
    const model = anthropic(client('http://127.0.0.1:9'), { model: 'test', maxTokens: 1_000 })
    expect(await failure(model, { ...REQUEST, previousResponseId: 'resp_0' })).toMatchObject({ code: 'INVALID_OPTION' })
  })
})

function thought(text: string): Item {
  return {
    type: 'reasoning',
    text,
    raw: { port: 'anthropic', value: { type: 'thinking', thinking: text, signature: 's' } },
  }
}

function toldByMessages({ role, content }: Readonly<Record<string, unknown>>): Told[] {
  return elementsOf(content)
    .map(fieldsOf)
    .map(block => {
      switch (block.type) {
        case 'thinking':
          return { thought: textOf(block.thinking) }
        case 'tool_use':
          return { call: textOf(block.id), name: textOf(block.name), arguments: block.input }
        case 'tool_result':
          return { result: textOf(block.tool_use_id), output: textOf(block.content) }
        default:
          return { role: role === 'user' ? 'user' : 'assistant', text: textOf(block.text) }
      }
    })
}
