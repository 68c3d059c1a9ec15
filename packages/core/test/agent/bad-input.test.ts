/** What a loop makes of services, and models, that do not behave: by each real client, against a real server. */
import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aiSdk, anthropic, type Model, type RunEvent, tool } from '../../src/agent/index.ts'
import { openaiChat } from '../../src/agent/models/openai-chat.ts'
import { openaiResponses } from '../../src/agent/models/openai-responses.ts'
import { NOTHING_HELD, openLoop, terminateLoops } from './loops.ts'
import { type ModelServer, type Reply, startModelServer } from './model-server/server.ts'

const PORTS: Readonly<Record<string, (url: string) => Model>> = {
  openaiResponses: url => openaiResponses(new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none' }), { model: 'test' }),
  openaiChat: url => openaiChat(new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none' }), { model: 'test' }),
  anthropic: url => anthropic(new Anthropic({ baseURL: url, apiKey: 'none' }), { model: 'test', maxTokens: 100 }),
  aiSdk: url => aiSdk(createOpenAI({ baseURL: `${url}/v1`, apiKey: 'none' }).responses('test')),
}

terminateLoops()

let server: ModelServer
let replies: Reply[]

beforeEach(async () => {
  replies = []
  server = await startModelServer({ script: () => replies.shift() ?? { say: ['fine'] } })
})
afterEach(() => server.close())

const large = tool({
  name: 'large',
  description: '',
  parameters: { type: 'object' },
  execute: () => 'x'.repeat(100_000_000),
})
const circular = tool({
  name: 'circular',
  description: '',
  parameters: { type: 'object' },
  execute() {
    const value: Record<string, unknown> = {}
    value.self = value
    return value
  },
})

describe.each(Object.entries(PORTS))('a loop on %s', (_, port) => {
  it.each<[string, Reply]>([
    ['a page in place of a stream', { html: true }],
    ['a server that does not stream', { json: true, say: ['whole'] }],
    ['an event that is no JSON', { say: ['a', 'b'], invalidJson: true }],
    ['a stream that is cut, again and again', { say: ['a', 'b'], cutAfter: 1 }],
    ['an error in mid-stream, again and again', { say: ['a', 'b'], errorAfter: 1 }],
    ['a key that is refused', { status: 401, message: 'bad key' }],
    ['a limit that is reached, again and again', { status: 429, headers: { 'retry-after-ms': '1' } }],
  ])('fails by a typed error for %s, and lives', async (_name, reply) => {
    replies.push(reply, reply, reply)
    const loop = openLoop({ model: port(server.url), retry: { retries: 2, base: 1 } })
    const failed = await loop.run('go').done
    expect(failed).toMatchObject({ status: 'failed', refused: [], error: { code: expect.stringMatching(/^MODEL_/) } })
    expect(loop.resources()).toEqual({ ...NOTHING_HELD, generation: 1 })
    replies.length = 0
    expect(await loop.run('again').done).toMatchObject({ status: 'completed', text: 'fine' })
  })

  it('leaves out events that it does not know, with one warning', async () => {
    replies.push({ say: ['Hel', 'lo'], unknownEvents: true })
    const loop = openLoop({ model: port(server.url) })
    const events: RunEvent[] = []
    for await (const event of loop.run('go')) events.push(event)
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'item', item: expect.objectContaining({ text: 'Hello' }) }),
    )
    expect(events.filter(({ type }) => type === 'warning').length).toBeLessThanOrEqual(1)
  })

  it('answers the model whatever it calls, and whatever tools return', async () => {
    replies.push({
      calls: [{ name: 'missing' }, { name: 'large', arguments: '{"a": ' }, { name: 'large' }, { name: 'circular' }],
    })
    const loop = openLoop({ model: port(server.url), tools: [large, circular] })
    const { status, text, items } = await loop.run('go').done
    expect({ status, text }).toEqual({ status: 'completed', text: 'fine' })
    const results = items.flatMap(item => (item.type === 'tool_result' ? [`${item.name} ${item.status}`] : []))
    expect(results).toEqual(['missing error', 'large error', 'large ok', 'circular error'])
    expect(JSON.stringify(server.requests.at(-1)?.body).length).toBeLessThan(100_000)
  })
})
