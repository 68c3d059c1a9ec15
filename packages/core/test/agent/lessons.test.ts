/**
 * What earlier agent loops promised and got wrong, each once: with the real client of OpenAI against a real server.
 */
import { getEventListeners } from 'node:events'
import OpenAI from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { AgentLoop, type AgentLoopOptions, type Item, type Run, type RunEvent, tool } from '../../src/agent/index.ts'
import { openaiResponses } from '../../src/agent/models/openai-responses.ts'
import { elementsOf, fieldsOf } from '../../src/agent/models/reading.ts'
import { heapSlope } from '../support/heap-slope.ts'
import { until } from '../support/until.ts'
import { startModelServer, type ModelServer, type Reply, type Script } from './model-server/server.ts'
import { untilAbort } from './scripted-model.ts'

const IDLE = { streams: 0, timers: 0, listeners: 0, processes: 0, pendingCalls: 0 }

const opened: Opened[] = []

afterEach(async () => {
  for (const { loop, server } of opened.splice(0)) {
    await loop.terminate()
    await server.close()
  }
  expect(AgentLoop.counts.active).toBe(0)
})

interface Opened {
  loop: AgentLoop
  /** What the loop was made of. */
  given: AgentLoopOptions
  server: ModelServer
  /** The signals of the requests, oldest first. */
  signals: AbortSignal[]
}

async function open(script: Script, options: Partial<AgentLoopOptions> = {}): Promise<Opened> {
  const server = await startModelServer({ script })
  const client = new OpenAI({ apiKey: 'none', baseURL: `${server.url}/v1` })
  const port = openaiResponses(client, { model: 'test' })
  const signals: AbortSignal[] = []
  const given: AgentLoopOptions = {
    model: (request, { signal }) => {
      signals.push(signal)
      return port(request, { signal })
    },
    ...options,
  }
  const one = { loop: new AgentLoop(given), given, server, signals }
  opened.push(one)
  return one
}

/** Reads a run in the background. */
function read(run: Run): RunEvent[] {
  const events: RunEvent[] = []
  void (async () => {
    for await (const event of run) events.push(event)
  })().catch(() => undefined) // the result tells
  return events
}

const endless: Script = { endless: { text: 'and so on ' } }
const stalling: Reply = { say: ['a', 'b', 'c'], stallAfter: 2 }

/** A tool that runs until it is aborted. */
const wait = tool({
  name: 'wait',
  description: 'Waits.',
  parameters: { type: 'object' },
  execute: (_args, { signal }) => untilAbort(signal),
})

const wordsOf = (item: Item): string => `${item.type} ${'callId' in item ? item.callId : item.text}`

describe('what earlier loops got wrong', () => {
  it('1: instances are counted in one place, whatever is delivered, and the count comes back to zero', async () => {
    const before = AgentLoop.counts
    for (const end of ['terminate', 'dispose', 'twice'] as const) {
      const { loop } = await open({ say: ['a', 'b'], think: ['c'] }, { onItem: () => {}, onLoading: () => {} })
      await loop.run('hi').done
      await loop.run('hi').done
      expect(AgentLoop.counts.active).toBe(1)
      if (end === 'dispose') await loop[Symbol.asyncDispose]()
      else await loop.terminate()
      if (end === 'twice') await loop.terminate()
    }
    expect(AgentLoop.counts).toEqual({ created: before.created + 3, active: 0, terminated: before.terminated + 3 })
  })

  it('2: terminate ends the stream itself, and nothing more of it is told', async () => {
    const { loop, server } = await open(endless)
    const events = read(loop.run('hi'))
    await until(() => events.length > 10)
    const terminated = loop.terminate()
    const told = events.length
    expect((await terminated).refused).toEqual([])
    expect(loop.resources()).toMatchObject(IDLE)
    await until(() => server.counts.active === 0 && server.counts.openSockets === 0)
    expect(server.counts).toMatchObject({ aborted: 1, completed: 0 })
    expect(events).toHaveLength(told)
  })

  it('3: terminate while the request is being made ends it, and the run tells so without an error of its own', async () => {
    const { loop, server } = await open({ silent: true })
    const run = loop.run('hi')
    const events = read(run)
    await until(() => server.counts.active === 1)
    await loop.terminate('over')
    expect(await run.done).toMatchObject({ status: 'cancelled', error: 'over', items: [] })
    expect(events.map(({ type }) => type)).toEqual(['turn_started'])
    await until(() => server.counts.active === 0 && server.counts.openSockets === 0)
  })

  it('4: no listener stays on a signal, as counted by who has them', async () => {
    const { signal } = new AbortController()
    const { loop, signals } = await open(stalling)
    for (let n = 1; n <= 10; n++) {
      const events = read(loop.run('hi', { signal }))
      await until(() => events.length > 3)
      expect(getEventListeners(signal, 'abort')).toHaveLength(1)
      await loop.cancel()
      expect(getEventListeners(signal, 'abort')).toEqual([])
    }
    expect(signals).toHaveLength(10)
    expect(new Set(signals).size).toBe(10)
    for (const own of signals) expect([own.aborted, getEventListeners(own, 'abort').length]).toEqual([true, 0])
  })

  it('4: the signal of a request is over with the request, and not with its run alone', async () => {
    const over: boolean[] = []
    const look = tool({
      name: 'look',
      description: '',
      parameters: { type: 'object' },
      execute: () => over.push(...signals.map(({ aborted }) => aborted)),
    })
    const { loop, signals } = await open([{ calls: [{ name: 'look' }] }, { say: ['ok'] }], { tools: [look] })
    expect((await loop.run('go').done).status).toBe('completed')
    expect(over).toEqual([true])
  })

  it('5: a run that begins right after a cancel revives nothing of the one before', async () => {
    const { loop, server } = await open(({ number }) =>
      number === 1 ? { endless: { text: 'old ' } } : { say: ['new'] },
    )
    const [old, told] = [loop.run('first'), [] as Item[]]
    const oldEvents = read(old)
    await until(() => oldEvents.length > 3)
    const cancelled = loop.cancel()
    const second = loop.run('second')
    const count = oldEvents.length
    for await (const event of second) if (event.type === 'item') told.push(event.item)
    await cancelled
    expect(oldEvents).toHaveLength(count)
    expect((await old.done).status).toBe('cancelled')
    expect(told).toMatchObject([{ type: 'message', text: 'new' }])
    expect(server.counts).toMatchObject({ requests: 2, completed: 1 })
  })

  it('6: a call that a cancel left is answered in the next request', async () => {
    const script: Script = [
      {
        calls: [
          { name: 'wait', callId: 'call_a' },
          { name: 'wait', callId: 'call_b' },
        ],
      },
      { say: ['ok'] },
    ]
    const { loop, server } = await open(script, { tools: [wait] })
    const events = read(loop.run('go'))
    await until(() => events.filter(({ type }) => type === 'tool_started').length === 2)
    await loop.cancel()
    expect((await loop.run('go on').done).status).toBe('completed')
    const input = elementsOf(server.requests[1]?.body.input).map(fieldsOf)
    expect(input.filter(({ type }) => type === 'function_call').map(each => each.call_id)).toEqual(['call_a', 'call_b'])
    const outputs = input.filter(({ type }) => type === 'function_call_output')
    expect(outputs.map(each => each.call_id)).toEqual(['call_a', 'call_b'])
    for (const { output } of outputs) expect(output).toContain('aborted')
  })

  it('7: a cancel ends the wait before a retry, and no retry follows', async () => {
    const { loop, server } = await open({ status: 429, headers: { 'retry-after': '100' } })
    const run = loop.run('hi')
    const events = read(run)
    await until(() => loop.resources().timers === 1)
    expect(events).toContainEqual(expect.objectContaining({ type: 'retry', retry: 1, wait: 100_000 }))
    await loop.cancel()
    expect(await run.done).toMatchObject({ status: 'cancelled' })
    expect(loop.resources()).toMatchObject(IDLE)
    expect(server.counts).toMatchObject({ requests: 1, active: 0 })
  })

  it('8: each item is told once and in order, also when a request was made again in the middle', async () => {
    const { promise: heard, resolve: hear } = Promise.withResolvers<void>()
    const script: Script = [
      { say: ['I ', 'look.'], calls: [{ name: 'wait' }], cutAfter: 3, when: heard },
      {
        say: ['I ', 'look.'],
        calls: [
          { name: 'now', callId: 'a' },
          { name: 'now', callId: 'b' },
        ],
        brokenChunks: true,
      },
      { think: ['hm'], say: ['It is ', 'noon.'], unknownEvents: true },
    ]
    const now = tool({ name: 'now', description: '', parameters: { type: 'object' }, execute: () => 'noon' })
    const called: Item[] = []
    const { loop } = await open(script, { tools: [now, wait], onItem: item => called.push(item), retry: { base: 1 } })
    const run = loop.run('when?')
    const events: RunEvent[] = []
    for await (const event of run) {
      events.push(event)
      if (event.type === 'text' && event.text === 'look.') hear()
    }
    const told = events.flatMap(event => (event.type === 'item' ? [event.item] : []))
    expect(told.map(wordsOf)).toEqual([
      'message I look.',
      'tool_call a',
      'tool_call b',
      'tool_result a',
      'tool_result b',
      'reasoning hm',
      'message It is noon.',
    ])
    expect(called).toEqual(told)
    // By other ids: the conversation keeps what the last response made.
    expect((await run.done).items.map(wordsOf)).toEqual(told.map(wordsOf))
    const text = events.flatMap(event => (event.type === 'text' ? [event.text] : [])).join('')
    expect(text).toBe('I look.It is noon.')
    expect(events.filter(({ type }) => type === 'retry')).toHaveLength(1)
  })

  it('9: a leak test without the collector fails, and says what it needs', async () => {
    expect(globalThis.gc).toBeUndefined()
    await expect(heapSlope(async () => undefined, { cycles: 10 })).rejects.toThrow('--expose-gc')
  })

  it('10: a callback that calls into the loop is not called by itself again', async () => {
    let depth = 0
    const depths: number[] = []
    const now = tool({ name: 'now', description: '', parameters: { type: 'object' }, execute: () => 'noon' })
    const { loop, given } = await open(
      { calls: [{ name: 'now' }] },
      {
        tools: [now],
        onItem: item => {
          depths.push(++depth)
          if (item.type === 'tool_result') void loop.cancel('by a callback')
          else expect(() => loop.run('inside')).toThrow(expect.objectContaining({ code: 'RUN_ACTIVE' }))
          depth--
        },
      },
    )
    // As was done to let a callback be collected. The loop goes by what it was given at first.
    Object.assign(given, { onItem: (item: Item) => given.onItem?.(item) })
    expect(await loop.run('go').done).toMatchObject({ status: 'cancelled', error: 'by a callback' })
    expect(depths).toEqual([1, 1])
  })
})
