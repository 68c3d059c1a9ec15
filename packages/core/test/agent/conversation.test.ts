import { describe, expect, it, vi } from 'vitest'
import {
  type AgentLoopOptions,
  type Item,
  type Model,
  type ModelEvent,
  type RunResult,
  tool,
} from '../../src/agent/index.ts'
import { Scope } from '../../src/scope/index.ts'
import { useFakeTime } from '../support/fake-time.ts'
import { until } from '../support/until.ts'
import { eventsOf, NOTHING_HELD, openLoop, terminateLoops } from './loops.ts'
import { calls, says, scripted, stalls, untilAbort } from './scripted-model.ts'

terminateLoops()

const user = (text: string): Item => ({ type: 'message', role: 'user', text })
const open = (callId: string): Item => ({ type: 'tool_call', callId, name: 'note', arguments: '{}' })
const answer = (callId: string): Item => ({ type: 'tool_result', callId, name: 'note', status: 'ok', output: '' })
const aborted = (callId: string): unknown => expect.objectContaining({ type: 'tool_result', callId, status: 'aborted' })
const note = tool({ name: 'note', description: '', parameters: { type: 'object' }, execute: () => 'noted' })

/** A response with an id. */
const ids = (id: string, events: readonly ModelEvent[]): ModelEvent[] => [{ type: 'response', id }, ...events]

/** A failure that may pass. */
class Overloaded extends Error {
  readonly status = 529
  readonly headers = { 'retry-after-ms': '1' }
}

/** Makes some events, then fails. */
function fails(error: unknown, ...events: ModelEvent[]): () => AsyncIterable<ModelEvent> {
  return async function* () {
    yield* events
    throw error
  }
}

describe('a request that fails', () => {
  it('is made again, as often as allowed; what was told is not told again', async () => {
    const [hel, lo, ...rest] = says('Hel', 'lo')
    const model = scripted(fails(new Overloaded()), fails(new Overloaded(), hel!), [hel!, lo!, ...rest])
    const loop = openLoop({ model })
    const events = await eventsOf(loop.run('hi'))
    expect(events.map(({ type }) => type)).toEqual([
      'turn_started',
      'retry',
      'text',
      'retry',
      'text',
      'item',
      'turn_finished',
    ])
    expect(events).toContainEqual({ type: 'retry', retry: 2, wait: 1, error: expect.any(Overloaded) })
    expect(model.requests).toHaveLength(3)
    expect(model.requests[2]).toEqual(model.requests[0])
  })

  it('fails the run when it was made often enough, with what it failed with', async () => {
    const model = scripted(fails(new Overloaded()))
    const loop = openLoop({ model, retry: { retries: 2 } })
    const run = loop.run('hi')
    await expect(eventsOf(run)).rejects.toMatchObject({ code: 'MODEL_FAILED', facts: { status: 529, retries: 2 } })
    expect(await run.done).toMatchObject({ status: 'failed', error: { code: 'MODEL_FAILED' } })
    expect(model.requests).toHaveLength(3)
  })

  it('fails the run at once where another try is of no use, and leaves the loop usable', async () => {
    const model = scripted(fails(Object.assign(new Error('bad key'), { status: 401 })), says('a'))
    const loop = openLoop({ model })
    expect(await loop.run('hi').done).toMatchObject({ status: 'failed', error: { facts: { status: 401 } } })
    expect((await loop.run('hi').done).status).toBe('completed')
    expect(model.requests).toHaveLength(2)
  })

  it('waits no longer once it is cancelled', async () => {
    const model = scripted(fails(Object.assign(new Overloaded(), { headers: { 'retry-after': '60' } })))
    const loop = openLoop({ model })
    const run = loop.run('hi')
    const iterator = run[Symbol.asyncIterator]()
    for (let next = await iterator.next(); next.value?.type !== 'retry';) next = await iterator.next()
    const pending = iterator.next()
    await new Promise(resolve => setImmediate(resolve))
    expect(loop.resources()).toMatchObject({ timers: 1, streams: 0 })
    await loop.cancel()
    expect(await pending).toEqual({ done: true, value: undefined })
    expect(loop.resources()).toEqual({ ...NOTHING_HELD, generation: 1 })
    expect(model.requests).toHaveLength(1)
  })

  it('is one whose stream just ends', async () => {
    const model = scripted([{ type: 'text', text: 'Hel' }], says('Hello'))
    const loop = openLoop({ model, retry: { base: 0 } })
    const { status, text } = await loop.run('hi').done
    expect({ status, text }).toEqual({ status: 'completed', text: 'Hello' })
  })
})

describe('a stream that goes on behind its response', () => {
  it.each<[string, (signal: AbortSignal) => AsyncIterable<ModelEvent>]>([
    ['says nothing', signal => silent(signal)],
    ['repeats itself', () => forEver(says('again'))],
  ])('and %s is left, and nothing of it is told', async (_, rest) => {
    const model = scripted(async function* (signal) {
      yield* says('a')
      yield* rest(signal)
    })
    const loop = openLoop({ model })
    expect(await loop.run('hi').done).toMatchObject({ status: 'completed', text: 'a', refused: [] })
    expect(loop.resources()).toEqual({ ...NOTHING_HELD, generation: 1 })
  })
})

describe('what goes wrong behind a response that has come to its end', () => {
  it.each([429, 400])('is no failure of it: an error with status %d', async status => {
    const model = scripted(fails(Object.assign(new Error('cut'), { status }), ...says('a')))
    const loop = openLoop({ model, retry: { base: 0 } })
    expect(await loop.run('hi').done).toMatchObject({ status: 'completed', text: 'a' })
    expect(model.requests).toHaveLength(1)
  })

  it('is no failure of it: a stream that cannot be released', async () => {
    const loop = openLoop({ model: () => unreleasable(says('a')) })
    expect(await loop.run('hi').done).toMatchObject({ status: 'completed', text: 'a' })
    expect(loop.resources()).toEqual({ ...NOTHING_HELD, generation: 1 })
  })
})

describe('the conversation', () => {
  it('that an input goes on with has its open calls answered before it is sent', async () => {
    const model = scripted(says('b'))
    const loop = openLoop({ model })
    const { items } = await loop.run([user('a'), open('1')]).done
    expect(model.requests[0]?.items).toEqual([user('a'), open('1'), aborted('1')])
    expect(items.map(({ type }) => type)).toEqual(['tool_result', 'message'])
  })

  it('begins with what the loop was given, with its open calls answered', async () => {
    const model = scripted(says('b'))
    const loop = openLoop({ model, history: [user('a'), open('1')] })
    await loop.run([]).done
    expect(model.requests[0]?.items).toEqual([user('a'), open('1'), aborted('1')])
  })

  const said: Item = { type: 'message', role: 'assistant', text: 'b' }

  it.each<[string, Item[], unknown[]]>([
    ['a message', [user('a'), open('1'), user('c'), said], [user('a'), open('1'), aborted('1'), user('c'), said]],
    [
      'what the model makes of the other results',
      [user('a'), open('1'), open('2'), answer('2'), said],
      [user('a'), open('1'), open('2'), answer('2'), aborted('1'), said],
    ],
    [
      'a message, and a call that has its id',
      [user('a'), open('1'), user('c'), open('1'), answer('1')],
      [user('a'), open('1'), aborted('1'), user('c'), open('1'), answer('1')],
    ],
  ])('has each call that was never answered answered before %s', async (_, items, whole) => {
    const model = scripted(says('done'))
    await openLoop({ model, history: items }).run([]).done
    const loop = openLoop({ model })
    const run = await loop.run(items).done
    await openLoop({ model }).run(items, { previousResponseId: 'r0' }).done
    for (const request of model.requests) expect(request.items).toEqual(whole)
    expect(run.items.map(({ type }) => type)).toEqual(['tool_result', 'message'])
    expect(loop.history).toEqual([...whole, expect.objectContaining({ text: 'done' })])
  })

  it('can be forgotten behind a call that was never answered', () => {
    const more = Array.from({ length: 100 }, (_, n) => user(String(n)))
    const history = [user('a'), open('1'), ...more]
    expect(openLoop({ model: scripted(), history, limits: { historyItems: 10 } }).history.length).toBeLessThan(10)
  })

  it('is sent as far as the service does not know it, where responses are chained', async () => {
    const model = scripted(ids('r1', calls(['note', {}])), ids('r2', says('b')), ids('r3', says('c')))
    const told: string[] = []
    const loop = openLoop({ model, tools: [note], onResponseId: id => told.push(id) })
    const first = await loop.run('a', { previousResponseId: 'r0' }).done
    expect(first.responseId).toBe('r2')
    await loop.run('again', { previousResponseId: 'r2' }).done
    expect(told).toEqual(['r1', 'r2', 'r3'])
    const sent = model.requests.map(({ previousResponseId, items }) => [
      previousResponseId,
      items.map(({ type }) => type),
    ])
    expect(sent).toEqual([
      ['r0', ['message']],
      ['r1', ['tool_result']],
      ['r2', ['message']],
    ])
  })

  it('answers a call that was cancelled as aborted, also where responses are chained', async () => {
    const wait = tool({
      name: 'wait',
      description: '',
      parameters: { type: 'object' },
      execute: (_, { signal }) => stop(signal),
    })
    const model = scripted([{ type: 'response', id: 'r1' }, ...calls(['wait', {}])], says('b'))
    const loop = openLoop({ model, tools: [wait] })
    const iterator = loop.run('a')[Symbol.asyncIterator]()
    for (let next = await iterator.next(); next.value?.type !== 'tool_started';) next = await iterator.next()
    await loop.cancel()
    await loop.run('go on', { previousResponseId: 'r1' }).done
    expect(model.requests[1]?.items).toEqual([
      { type: 'tool_result', callId: 'wait-0', name: 'wait', status: 'aborted', output: expect.any(String) },
      user('go on'),
    ])
  })

  it('stays within its limits over many turns, and tells what it forgets', async () => {
    const turn = calls(['note', { text: 'x'.repeat(100) }])
    const model = scripted(...Array.from({ length: 300 }, (_, n) => (n < 299 ? turn : says('done'))))
    const loop = openLoop({ model, tools: [note], limits: { turns: 300, historyItems: 20 } })
    let forgotten = 0
    const run = loop.run('go')
    for await (const event of run) if (event.type === 'history_trimmed') forgotten += event.items
    expect((await run.done).items).toEqual(loop.history.slice(1))
    expect(loop.history.length).toBeLessThanOrEqual(20)
    expect(forgotten + loop.history.length).toBe(600)
    expect(loop.history[0]).toEqual(user('go'))
    expect((await run.done).items).toEqual(loop.history.slice(1))
    for (const { items } of model.requests) expect(items.length).toBeLessThanOrEqual(22)
  })

  it('of a run that wants too many turns is whole, and can go on', async () => {
    const loop = openLoop({ model: scripted(calls(['note', {}])), tools: [note], limits: { turns: 3 } })
    expect(await loop.run('go').done).toMatchObject({ status: 'failed', turns: 3, error: { code: 'TURN_LIMIT' } })
    expect(loop.history.map(({ type }) => type).slice(-2)).toEqual(['tool_call', 'tool_result'])
  })

  it('keeps what came before a callback that throws', async () => {
    const loop = openLoop({ model: scripted(says('a')), onItem: throws })
    expect(await loop.run('go').done).toMatchObject({ status: 'failed', error: { message: 'mine' } })
    expect(loop.history).toHaveLength(2)
    expect(loop.resources()).toEqual({ ...NOTHING_HELD, generation: 1 })
  })

  it.each<[string, Partial<AgentLoopOptions>, object]>([
    ['a callback that throws', { onItem: throws }, { message: 'mine' }],
    ['a response that is too long', { limits: { responseSize: 1 } }, { code: 'MODEL_PROTOCOL' }],
  ])('of a run that fails by %s is left in time by a stream that does not end', async (_, options, error) => {
    useFakeTime()
    const { promise, reject } = Promise.withResolvers<never>()
    const events = says('ab').values()
    const returned = vi.fn(() => promise)
    const model: Model = () => ({
      [Symbol.asyncIterator]: () => ({ next: async () => events.next(), return: returned }),
    })
    const loop = openLoop({ model, ...options })
    let over: RunResult | undefined
    void loop.run('go').done.then(result => (over = result))
    await until(() => returned.mock.calls.length > 0)
    await until(() => {
      vi.advanceTimersByTime(1_000)
      return over !== undefined
    })
    expect(over).toMatchObject({ status: 'failed', error, refused: [{ path: 'agent/run 1/request/iteration' }] })
    reject(new Error('late'))
    await until(() => loop.resources().streams === 0)
  })

  it('tells when it waits for the model, and that it does no more after a cancel', async () => {
    const loading: boolean[] = []
    const loop = openLoop({ model: scripted(stalls('a')), onLoading: each => loading.push(each) })
    for await (const event of loop.run('go')) if (event.type === 'text') break
    expect(loading).toEqual([true, false])
  })

  const result = answer('1')
  const call = open('1')

  it.each<[string, unknown, object?]>([
    ['an empty input', ' '],
    ['no input where there is no conversation', []],
    ['what is no list', { type: 'message', role: 'user', text: 'a' }],
    ['nothing', undefined],
    ['what is no item', [null]],
    ['an item of another kind', [{ role: 'user', content: 'a' }]],
    ['a message of somebody else', [{ type: 'message', role: 'tool', text: 'a' }]],
    ['a result without its call', [result]],
    ['two results of a call', [call, result, result]],
    ['two results of a call that only the service knows', [result, result], { previousResponseId: 'r1' }],
    ['a result behind the turn of its call', [call, user('a'), result]],
    ['the same, where the service may know calls', [call, user('a'), result], { previousResponseId: 'r1' }],
    ['two calls with one id', [call, call, result]],
    ['an id of an item that is none', [user('a'), { ...user('b'), id: null }]],
    ['a signal that is none', 'a', { signal: new AbortController() }],
    ['an id that is none', 'a', { previousResponseId: null }],
  ])('refuses %s, and goes on', async (_, input, options = {}) => {
    const loop = openLoop({ model: scripted(says('a')) })
    // @ts-expect-error -- as somebody may whose code has no types
    expect(() => loop.run(input, options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect((await loop.run('hi').done).status).toBe('completed')
    expect(loop.history).toHaveLength(2)
  })

  it('that cannot be gone on with leaves nothing in the scope that the loop was to live in', async () => {
    const scope = new Scope('app')
    // As a row of a database, whose id is null.
    const history: Item[] = [JSON.parse('{ "type": "message", "role": "user", "text": "a", "id": null }')]
    const refused = expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('history[0]') })
    expect(() => openLoop({ model: scripted(), scope, history })).toThrow(refused)
    expect(scope.snapshot().resources).toEqual([])
    await scope.close()
  })

  it('takes a result whose call only the service knows', async () => {
    const model = scripted(says('a'))
    await openLoop({ model }).run([result], { previousResponseId: 'r1' }).done
    expect(model.requests[0]?.items).toEqual([result])
  })
})

/** Says something, then nothing more, and cannot be told to end. */
function unreleasable(events: readonly ModelEvent[]): AsyncIterable<ModelEvent> {
  const left = [...events]
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const value = left.shift()
        return value === undefined ? new Promise<never>(() => {}) : Promise.resolve({ done: false, value })
      },
      return: () => Promise.reject(new Error('will not go')),
    }),
  }
}

function silent(signal: AbortSignal): AsyncIterable<ModelEvent> {
  return { [Symbol.asyncIterator]: () => ({ next: () => untilAbort(signal) }) }
}

async function* forEver(events: readonly ModelEvent[]): AsyncGenerator<ModelEvent> {
  for (;;) {
    await new Promise(resolve => setImmediate(resolve))
    yield* events
  }
}

function throws(): never {
  throw new Error('mine')
}

function stop(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true }),
  )
}
