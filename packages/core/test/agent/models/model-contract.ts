/**
 * What each port has to do, with its real client against a real server. A port's own test calls `modelContract` and adds what only its
 * protocol has.
 */
import { getEventListeners } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Item, ModelItem, ToolResultItem } from '../../../src/agent/items.ts'
import type { Model, ModelEvent, ModelRequest } from '../../../src/agent/model.ts'
import { classify } from '../../../src/agent/retry/classify.ts'
import { until } from '../../support/until.ts'
import { startModelServer } from '../model-server/server.ts'
import type { ModelServer, Script } from '../model-server/server.ts'

export interface ModelSubject {
  readonly name: string
  /** A model of a client for the server there. */
  connect(url: string): Model
  /** The conversation that a request's body has, in words that are neutral of the protocol. */
  conversation(body: Record<string, unknown>): readonly Told[]
  /** Tests that make no sense for this port, and why: it does not have them. */
  readonly leaveOut?: readonly { readonly reason: string; readonly tests: readonly string[] }[]
}

export type Told =
  | { readonly role: 'system' | 'user' | 'assistant'; readonly text: string }
  | { readonly thought: string }
  | { readonly call: string; readonly name: string; readonly arguments: unknown }
  | { readonly result: string; readonly output: string }

const TOOL = { name: 'weather', description: 'Tells the weather.', parameters: { type: 'object', properties: {} } }
const ASKED: Item = { type: 'message', role: 'user', text: 'Does it rain?' }
export const REQUEST: ModelRequest = { instructions: 'Be brief.', items: [ASKED], tools: [TOOL] }

/** Bytes that a client may have read for a consumer that reads nothing. */
const STALLED_BYTES = 4_000_000

export function modelContract(subject: ModelSubject): void {
  const leftOut = new Set(subject.leaveOut?.flatMap(({ tests }) => tests))
  const names = new Set<string>()

  /** A test with a server that says that. */
  function on(name: string, script: Script, body: (model: Model, server: ModelServer) => Promise<void>): void {
    names.add(name)
    if (leftOut.has(name)) return
    test(name, async () => {
      await using server = await startModelServer({ script })
      await body(subject.connect(server.url), server)
    })
  }

  test(`${subject.name} leaves out nothing that the contract does not have`, () => {
    expect([...leftOut].filter(name => !names.has(name))).toEqual([])
  })

  describe(`${subject.name}: what a model says`, () => {
    on('text comes in pieces, then whole', { say: ['It ', 'rains.'] }, async model => {
      const events = await collect(model)
      expect(events.filter(({ type }) => type !== 'response')).toMatchObject([
        { type: 'text', text: 'It ' },
        { type: 'text', text: 'rains.' },
        { type: 'item', item: { type: 'message', role: 'assistant', text: 'It rains.' } },
        { type: 'finish', reason: 'stop' },
      ])
    })

    on('the response’s id comes first', { say: ['Yes.'], id: 'resp_abc' }, async model => {
      const [first, ...rest] = await collect(model)
      expect(first).toEqual({ type: 'response', id: 'resp_abc' })
      expect(rest.some(({ type }) => type === 'response')).toBe(false)
    })

    const calls = [
      { name: 'weather', arguments: { city: 'Gent' }, callId: 'call_a' },
      { name: 'time', arguments: { city: 'Łódź' }, callId: 'call_b' },
    ]
    on('parallel calls come whole and in order', { say: ['I look.'], calls }, async model => {
      const events = await collect(model)
      expect(itemsOf(events)).toMatchObject([
        { type: 'message', text: 'I look.' },
        { type: 'tool_call', callId: 'call_a', name: 'weather' },
        { type: 'tool_call', callId: 'call_b', name: 'time' },
      ])
      const args = itemsOf(events).flatMap(item => (item.type === 'tool_call' ? JSON.parse(item.arguments) : []))
      expect(args).toEqual([{ city: 'Gent' }, { city: 'Łódź' }])
      expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'tool_calls' })
    })

    on('reasoning comes before what it led to', { think: ['Hm. ', 'Rain.'], say: ['Yes.'] }, async model => {
      const events = await collect(model)
      const thoughts = events.flatMap(event => (event.type === 'reasoning' ? event.text : []))
      expect(thoughts.join('')).toBe('Hm. Rain.')
      expect(itemsOf(events)).toMatchObject([
        { type: 'reasoning', text: 'Hm. Rain.' },
        { type: 'message', text: 'Yes.' },
      ])
    })

    on('a refusal is a message that says so', { refuse: 'I must not.' }, async model => {
      const events = await collect(model)
      expect(itemsOf(events)).toMatchObject([{ type: 'message', text: 'I must not.', refusal: true }])
      expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'refusal' })
    })

    on('a message that grew too long ends with that reason', { say: ['It'], stop: 'length' }, async model => {
      const events = await collect(model)
      expect(itemsOf(events)).toMatchObject([{ type: 'message', text: 'It' }])
      expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'length' })
    })

    on('a filter is told apart', { say: ['It'], stop: 'content_filter' }, async model => {
      expect((await collect(model)).at(-1)).toMatchObject({ type: 'finish', reason: 'content_filter' })
    })

    const usage = { inputTokens: 120, outputTokens: 30, cachedTokens: 80, reasoningTokens: 12 }
    on('tokens are counted', { say: ['Yes.'], usage }, async model => {
      expect((await collect(model)).at(-1)).toMatchObject({ type: 'finish', usage })
    })

    const split = {
      say: ['Grüße aus Łódź, ', '😀!'],
      calls: [{ name: 'a', arguments: { ö: '日本' } }],
      brokenChunks: true,
    }
    on('bytes may come in any portions', split, async model => {
      const items = itemsOf(await collect(model))
      expect(items[0]).toMatchObject({ text: 'Grüße aus Łódź, 😀!' })
      expect(items[1]).toMatchObject({ type: 'tool_call' })
      expect(items[1]?.type === 'tool_call' && JSON.parse(items[1].arguments)).toEqual({ ö: '日本' })
    })

    on('an unknown event is one warning', { say: ['It ', 'rains ', 'cats.'], unknownEvents: true }, async model => {
      const events = await collect(model)
      expect(events.filter(({ type }) => type === 'warning')).toHaveLength(1)
      expect(itemsOf(events)).toMatchObject([{ text: 'It rains cats.' }])
    })
  })

  describe(`${subject.name}: what a model is told`, () => {
    const first = {
      think: ['Look first.'],
      say: ['I look.'],
      calls: ['a', 'b', 'c', 'd'].map(callId => ({ name: 'weather', arguments: { callId }, callId })),
    }
    on('the whole conversation goes back, with results of each status', [first, {}], async (model, server) => {
      const made = itemsOf(await collect(model))
      const results: ToolResultItem[] = [
        { type: 'tool_result', callId: 'a', name: 'weather', status: 'ok', output: 'rain' },
        { type: 'tool_result', callId: 'b', name: 'weather', status: 'error', output: 'no such place' },
        { type: 'tool_result', callId: 'c', name: 'weather', status: 'denied', output: 'not allowed' },
        { type: 'tool_result', callId: 'd', name: 'weather', status: 'aborted', output: 'was cancelled' },
      ]
      const partial: Item = { type: 'message', role: 'assistant', text: 'It r', partial: true }
      const again: Item = { type: 'message', role: 'user', text: 'Well?' }
      await collect(model, { ...REQUEST, items: [ASKED, ...made, ...results, partial, again] })
      const told = subject.conversation(server.requests[1]?.body ?? {})
      expect(told.filter(each => !('thought' in each))).toEqual([
        { role: 'system', text: 'Be brief.' },
        { role: 'user', text: 'Does it rain?' },
        { role: 'assistant', text: 'I look.' },
        ...first.calls.map(({ callId, name, arguments: args }) => ({ call: callId, name, arguments: args })),
        ...results.map(({ callId, output }) => ({ result: callId, output })),
        { role: 'assistant', text: 'It r' },
        { role: 'user', text: 'Well?' },
      ])
    })

    on('what another service made is told by its plain fields', {}, async (model, server) => {
      const raw = { port: 'somebody.else', value: { secret: true } }
      const items: Item[] = [
        ASKED,
        { type: 'reasoning', text: 'Not yours.', id: 'r1', raw },
        { type: 'message', role: 'assistant', text: 'I look.', id: 'm1', raw },
        { type: 'tool_call', callId: 'x', name: 'weather', arguments: '{"city":"Gent"}', id: 'c1', raw },
        { type: 'tool_result', callId: 'x', name: 'weather', status: 'ok', output: 'rain' },
      ]
      await collect(model, { items, tools: [] })
      expect(subject.conversation(server.requests[0]?.body ?? {})).toEqual([
        { role: 'user', text: 'Does it rain?' },
        { role: 'assistant', text: 'I look.' },
        { call: 'x', name: 'weather', arguments: { city: 'Gent' } },
        { result: 'x', output: 'rain' },
      ])
      expect(JSON.stringify(server.requests[0]?.body)).not.toMatch(/secret|Not yours/)
    })

    on('it asks for nothing before it is iterated', { say: ['Yes.'] }, async (model, server) => {
      const { signal } = new AbortController()
      model(REQUEST, { signal })
      await model(REQUEST, { signal })[Symbol.asyncIterator]().return?.()
      await collect(model)
      expect(server.counts.requests).toBe(1)
    })
  })

  describe(`${subject.name}: trouble`, () => {
    const limited = { status: 429, headers: { 'retry-after': '3' }, message: 'Slow down.' }
    on('a limit says when to come again, and is not tried again here', limited, async (model, server) => {
      const error = await failure(model)
      expect(classify(error)).toEqual({ retryable: true, status: 429, wait: 3_000 })
      expect(server.counts.requests).toBe(1)
    })

    on('a request that is wrong is not worth another try', { status: 400, code: 'bad_request' }, async model => {
      expect(classify(await failure(model))).toMatchObject({ retryable: false, status: 400 })
    })

    for (const kind of ['errorAfter', 'failAfter'] as const) {
      const passing = { say: ['It ', 'rains.'], [kind]: 1, code: 'rate_limit_exceeded', message: 'Too much.' }
      on(`${kind}: an error in mid-stream is the service’s`, passing, async model => {
        const error = await failure(model)
        expect(error).toMatchObject({ code: 'MODEL_FAILED', message: expect.stringContaining('Too much.') })
        expect(classify(error)).toMatchObject({ retryable: true })
      })
    }

    for (const kind of ['cutAfter', 'endAfter'] as const) {
      on(`${kind}: a stream that ends early was cut`, { say: ['It ', 'rains.'], [kind]: 1 }, async model => {
        expect(await failure(model)).toMatchObject({ code: 'MODEL_PROTOCOL', facts: { retryable: true } })
      })
    }

    on('broken JSON is worth another try', { say: ['It ', 'rains.'], invalidJson: true }, async model => {
      expect(await failure(model)).toMatchObject({ code: 'MODEL_PROTOCOL', facts: { retryable: true } })
    })

    on('a web page is no stream', { html: true }, async (model, server) => {
      const error = await failure(model)
      expect(error).toMatchObject({ code: 'MODEL_PROTOCOL', facts: { retryable: false } })
      expect(error).toHaveProperty('message', expect.stringContaining('text/html'))
      await until(() => server.counts.active === 0)
    })

    on('a web page without an end is left', { html: true, endless: { text: '' } }, async (model, server) => {
      expect(await failure(model)).toMatchObject({ code: 'MODEL_PROTOCOL', facts: { retryable: false } })
      await until(() => server.counts.aborted === 1)
    })

    on('a service that does not stream is told apart', { json: true, say: ['Yes.'] }, async model => {
      const error = await failure(model)
      expect(error).toMatchObject({ code: 'MODEL_PROTOCOL', facts: { retryable: false } })
      expect(error).toHaveProperty('message', expect.stringContaining('application/json'))
    })
  })

  describe(`${subject.name}: an end before the end`, () => {
    for (const [state, trouble] of [
      ['before it is answered', { silent: true }],
      ['while it stalls', { say: ['It ', 'rains.'], stallAfter: 1 }],
    ] as const) {
      on(`an abort ${state} ends the request, and leaves nothing`, trouble, async (model, server) => {
        const controller = new AbortController()
        const events = model(REQUEST, { signal: controller.signal })[Symbol.asyncIterator]()
        if (!('silent' in trouble)) await untilA('text', events)
        const next = expect(events.next()).rejects.toMatchObject({ code: 'ABORTED' })
        await until(() => server.counts.active === 1)
        controller.abort()
        await next
        await expectNothingLeft(server, controller.signal)
        await expect(events.next()).resolves.toMatchObject({ done: true })
      })

      on(`return() ${state} ends the request, and leaves nothing`, trouble, async (model, server) => {
        const { signal } = new AbortController()
        const events = model(REQUEST, { signal })[Symbol.asyncIterator]()
        if (!('silent' in trouble)) await untilA('text', events)
        const next = events.next()
        await until(() => server.counts.active === 1)
        await events.return?.()
        await expect(next).resolves.toMatchObject({ done: true })
        await expectNothingLeft(server, signal)
      })
    }

    on('a consumer that breaks ends the request', { endless: { text: 'rain '.repeat(20) } }, async (model, server) => {
      const { signal } = new AbortController()
      for await (const event of model(REQUEST, { signal })) if (event.type === 'text') break
      await expectNothingLeft(server, signal)
    })

    on('nothing comes after an abort', { endless: { text: 'rain ' } }, async model => {
      const controller = new AbortController()
      const events = model(REQUEST, { signal: controller.signal })[Symbol.asyncIterator]()
      await untilA('text', events)
      controller.abort(new Error('enough'))
      await expect(events.next()).rejects.toMatchObject({ code: 'ABORTED', cause: new Error('enough') })
    })

    const two = { calls: [{ name: 'weather' }, { name: 'time' }] }
    on('not even the rest of what came at once', two, async model => {
      const controller = new AbortController()
      const events = model(REQUEST, { signal: controller.signal })[Symbol.asyncIterator]()
      await untilA('item', events)
      controller.abort()
      await expect(events.next()).rejects.toMatchObject({ code: 'ABORTED' })
    })

    on('a signal that was aborted before asks for nothing', { say: ['Yes.'] }, async (model, server) => {
      const events = model(REQUEST, { signal: AbortSignal.abort() })[Symbol.asyncIterator]()
      await expect(events.next()).rejects.toMatchObject({ code: 'ABORTED' })
      expect(server.counts.requests).toBe(0)
    })

    on('a response that came to its end leaves nothing', { say: ['Yes.'] }, async (model, server) => {
      const { signal } = new AbortController()
      await collect(model, REQUEST, signal)
      expect(getEventListeners(signal, 'abort')).toEqual([])
      await until(() => server.counts.active === 0)
      expect(server.counts).toMatchObject({ completed: 1, aborted: 0 })
    })

    on(
      'a consumer that stops reading stops the service',
      { endless: { text: 'r'.repeat(1_000) } },
      async (model, server) => {
        const { signal } = new AbortController()
        const events = model(REQUEST, { signal })[Symbol.asyncIterator]()
        await untilA('text', events)
        expect(await takenOf(server)).toBeLessThanOrEqual(STALLED_BYTES)
        await events.return?.()
        await expectNothingLeft(server, signal)
      },
    )
  })
}

/** All events of a response. */
export async function collect(
  model: Model,
  request: ModelRequest = REQUEST,
  signal: AbortSignal = new AbortController().signal,
): Promise<ModelEvent[]> {
  const events: ModelEvent[] = []
  for await (const event of model(request, { signal })) events.push(event)
  return events
}

export function itemsOf(events: readonly ModelEvent[]): ModelItem[] {
  return events.flatMap(event => (event.type === 'item' ? event.item : []))
}

/** What a request fails with. */
export async function failure(model: Model, request: ModelRequest = REQUEST): Promise<unknown> {
  try {
    await collect(model, request)
  } catch (error) {
    return error
  }
  throw new Error('The request went well.')
}

async function untilA(type: ModelEvent['type'], events: AsyncIterator<ModelEvent>): Promise<void> {
  for (;;) {
    const { done, value } = await events.next()
    if (done) throw new Error(`The stream ended without this: ${type}.`)
    if (value.type === type) return
  }
}

async function expectNothingLeft(server: ModelServer, signal: AbortSignal): Promise<void> {
  await until(() => server.counts.aborted === 1 && server.counts.openSockets === 0, { what: 'the request is gone' })
  expect(server.counts).toMatchObject({ completed: 0, active: 0 })
  expect(getEventListeners(signal, 'abort')).toEqual([])
}

/** Bytes that the clients have read, once they read no more, or have read too much. */
async function takenOf(server: ModelServer): Promise<number> {
  for (let before = -1; ;) {
    const sent = server.counts.bytesSent
    const taken = server.bytesTaken()
    if (sent === before || taken > STALLED_BYTES) return taken
    before = sent
    await pause(100)
  }
}
