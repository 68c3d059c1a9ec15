import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { AgentLoop, type Item, type Model, type RunEvent, tool } from '../../src/agent/index.ts'
import { Scope } from '../../src/scope/index.ts'
import { until } from '../support/until.ts'
import { eventsOf, NOTHING_HELD, openLoop, terminateLoops } from './loops.ts'
import { calls, says, scripted, stalls, usage } from './scripted-model.ts'

terminateLoops()

const add = tool({
  name: 'add',
  description: 'Adds two numbers.',
  parameters: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a', 'b'] },
  execute: (args: { a: number; b: number }) => args.a + args.b,
})

const typesOf = (events: readonly RunEvent[]): string[] => events.map(({ type }) => type)

function throwing(error: Error): AsyncIterable<never> {
  const next = async (): Promise<never> => {
    throw error
  }
  return { [Symbol.asyncIterator]: () => ({ next }) }
}

function throwsNothing(): never {
  throw undefined // oxlint-disable-line no-throw-literal -- as somebody may
}

function answersNothing(): object {
  return { [Symbol.asyncIterator]: () => ({ next: async () => undefined }) }
}

describe('a run', () => {
  it('tells text as it comes, each item once, and what it came to', async () => {
    const model = scripted(says('Hel', 'lo'))
    const loop = openLoop({ model, instructions: 'Be kind.' })
    const run = loop.run('hi')
    const events = await eventsOf(run)
    const item: Item = { type: 'message', role: 'assistant', text: 'Hello' }
    expect(events).toEqual([
      { type: 'turn_started', turn: 1 },
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
      { type: 'item', item },
      { type: 'turn_finished', turn: 1, reason: 'stop', usage },
    ])
    expect(await run.done).toEqual({
      status: 'completed',
      items: [item],
      text: 'Hello',
      responseId: undefined,
      usage,
      turns: 1,
      error: undefined,
      refused: [],
    })
    expect(model.requests).toEqual([
      { instructions: 'Be kind.', items: [{ type: 'message', role: 'user', text: 'hi' }], tools: [] },
    ])
    expect(loop.resources()).toEqual({ ...NOTHING_HELD, generation: 1 })
  })

  it('is run by its `done` where nobody iterates', async () => {
    const items: Item[] = []
    const loop = openLoop({ model: scripted(says('a')), onItem: item => items.push(item) })
    const { status } = await loop.run('hi').done
    expect(status).toBe('completed')
    expect(items).toEqual([{ type: 'message', role: 'assistant', text: 'a' }])
  })

  it('asks for nothing before it is asked itself', async () => {
    const model = scripted(says('a', 'b', 'c'))
    const loop = openLoop({ model })
    const iterator = loop.run('hi')[Symbol.asyncIterator]()
    await new Promise(resolve => setImmediate(resolve))
    expect(model.requests).toHaveLength(0)
    await iterator.next()
    await new Promise(resolve => setImmediate(resolve))
    expect(model.requests).toHaveLength(0)
    expect(await iterator.next()).toEqual({ done: false, value: { type: 'text', text: 'a' } })
    expect(model.open).toBe(1)
  })

  it('answers calls side by side, in their order, and goes on', async () => {
    const model = scripted(calls(['add', { a: 1, b: 2 }], ['add', { a: 3, b: 4 }]), says('done'))
    const loop = openLoop({ model, tools: [add] })
    const run = loop.run('add')
    const events = await eventsOf(run)
    expect(typesOf(events)).toEqual([
      'turn_started',
      'item',
      'item',
      'tool_started',
      'tool_started',
      'tool_finished',
      'item',
      'tool_finished',
      'item',
      'turn_finished',
      'turn_started',
      'text',
      'item',
      'turn_finished',
    ])
    expect(model.requests[1]?.items.slice(1)).toEqual([
      { type: 'tool_call', callId: 'add-0', name: 'add', arguments: '{"a":1,"b":2}' },
      { type: 'tool_call', callId: 'add-1', name: 'add', arguments: '{"a":3,"b":4}' },
      { type: 'tool_result', callId: 'add-0', name: 'add', status: 'ok', output: '3' },
      { type: 'tool_result', callId: 'add-1', name: 'add', status: 'ok', output: '7' },
    ])
    expect((await run.done).usage.inputTokens).toBe(20)
  })

  it('that fails tells so once, to the first who asks', async () => {
    const loop = openLoop({ model: () => throwing(new Error('x')) })
    const iterator = loop.run('hi')[Symbol.asyncIterator]()
    await iterator.next()
    const asked = await Promise.allSettled([iterator.next(), iterator.next(), iterator.next()])
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  })

  it('throws what made it fail, whatever that is', async () => {
    const run = openLoop({ model: scripted(says('a')), onItem: throwsNothing }).run('hi')
    await expect(eventsOf(run)).rejects.toBeUndefined()
    expect(await run.done).toMatchObject({ status: 'failed', error: undefined })
  })

  it('fails where the model answers nothing at all', async () => {
    // @ts-expect-error -- as somebody may whose code has no types
    const model: Model = answersNothing
    expect(await openLoop({ model }).run('hi').done).toMatchObject({
      status: 'failed',
      error: { code: 'MODEL_FAILED' },
    })
  })

  it('is refused while another one runs', async () => {
    const loop = openLoop({ model: scripted(stalls('a'), says('b')) })
    const iterator = loop.run('hi')[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.next()
    expect(() => loop.run('again')).toThrow(expect.objectContaining({ code: 'RUN_ACTIVE' }))
    const cancelled = loop.cancel()
    const { status, text } = await loop.run('again').done
    await cancelled
    expect({ status, text }).toEqual({ status: 'completed', text: 'b' })
  })
})

describe('a cancel', () => {
  it('keeps what was said, settles when the stream is gone, and lets the loop be used again', async () => {
    const model = scripted(stalls('Hel', 'lo'), says('Well.'))
    const loop = openLoop({ model })
    const run = loop.run('hi')
    const seen: RunEvent[] = []
    const reading = (async () => {
      for await (const event of run) seen.push(event)
    })()
    await until(() => seen.length === 3)
    expect(loop.resources()).toMatchObject({ streams: 1 })
    const report = await loop.cancel('enough')
    expect(report.refused).toEqual([])
    expect(model.open).toBe(0)
    expect(model.signals.every(({ aborted }) => aborted)).toBe(true)
    expect(loop.resources()).toEqual({ ...NOTHING_HELD, generation: 1 })
    await reading
    const partial: Item = { type: 'message', role: 'assistant', text: 'Hello', partial: true }
    expect(await run.done).toMatchObject({ status: 'cancelled', error: 'enough', items: [partial], text: 'Hello' })
    expect(seen).toHaveLength(3)
    await loop.run('and?').done
    expect(model.requests[1]?.items).toEqual([
      { type: 'message', role: 'user', text: 'hi' },
      partial,
      { type: 'message', role: 'user', text: 'and?' },
    ])
  })

  it('is what `break` does', async () => {
    const model = scripted(stalls('a', 'b'))
    const loop = openLoop({ model })
    const run = loop.run('hi')
    for await (const event of run) if (event.type === 'text') break
    expect(model.open).toBe(0)
    expect(await run.done).toMatchObject({ status: 'cancelled' })
    expect(loop.resources()).toEqual({ ...NOTHING_HELD, generation: 1 })
  })

  it('is what the abort of the signal does, which keeps no listener', async () => {
    const controller = new AbortController()
    const loop = openLoop({ model: scripted(stalls('a'), says('b')) })
    const run = loop.run('hi', { signal: controller.signal })
    const iterator = run[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.next()
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    controller.abort('gone')
    const next = loop.run('meanwhile')
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(await run.done).toMatchObject({ status: 'cancelled', error: 'gone' })
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    expect(await next.done).toMatchObject({ status: 'completed', text: 'b' })
    await loop.run('hi', { signal: new AbortController().signal }).done
    const aborted = loop.run('hi', { signal: controller.signal })
    expect(await aborted.done).toMatchObject({ status: 'cancelled', error: 'gone', turns: 0 })
  })

  it('names a tool that does not listen, when the time is up; its end is nobody’s any more', async () => {
    const gate = Promise.withResolvers<string>()
    const deaf = tool({ name: 'deaf', description: '', parameters: { type: 'object' }, execute: () => gate.promise })
    const model = scripted(calls(['deaf', {}]), says('b'))
    const loop = openLoop({ model, tools: [deaf] })
    const run = loop.run('hi')
    const iterator = run[Symbol.asyncIterator]()
    for (let next = await iterator.next(); next.value?.type !== 'tool_started';) next = await iterator.next()
    expect(loop.resources()).toMatchObject({ pendingCalls: 1 })
    const { refused } = await loop.cancel('enough', { deadline: 20 })
    expect(refused.map(({ path, kind }) => `${kind} ${path}`)).toEqual(['task agent/run 1/tool deaf/execute'])
    expect((await run.done).refused).toEqual(refused)
    gate.resolve('late')
    const { items } = await run.done
    expect(items.at(-1)).toMatchObject({ type: 'tool_result', callId: 'deaf-0', status: 'aborted' })
    expect((await loop.run('and?').done).status).toBe('completed')
    expect(model.requests[1]?.items.map(({ type }) => type)).toEqual(['message', 'tool_call', 'tool_result', 'message'])
  })

  it('names a stream that does not let itself be ended, and nothing that only waits for it', async () => {
    const { promise, reject } = Promise.withResolvers<never>()
    const model: Model = () => ({ [Symbol.asyncIterator]: () => ({ next: () => promise, return: () => promise }) })
    const loop = openLoop({ model })
    for (const generation of [1, 2, 3]) {
      const { done } = loop.run('hi')
      await until(() => loop.resources().streams === generation)
      const { refused } = await loop.cancel('enough', { deadline: 5 })
      expect(refused.map(({ path }) => path)).toEqual([`agent/run ${generation}/request/iteration`])
      expect(await done).toMatchObject({ status: 'cancelled', refused })
    }
    reject(new Error('late'))
    await until(() => loop.resources().streams === 0)
  })

  it('waits for the run before as well, where that has not ended', async () => {
    const gate = Promise.withResolvers<string>()
    const deaf = tool({ name: 'deaf', description: '', parameters: { type: 'object' }, execute: () => gate.promise })
    const loop = openLoop({ model: scripted(calls(['deaf', {}])), tools: [deaf] })
    const iterator = loop.run('hi')[Symbol.asyncIterator]()
    for (let next = await iterator.next(); next.value?.type !== 'tool_started';) next = await iterator.next()
    const first = loop.cancel()
    const { done } = loop.run('again')
    const { refused } = await loop.cancel('both', { deadline: 20 })
    expect(refused.map(({ path }) => path)).toEqual(['agent/run 1/tool deaf/execute'])
    expect(await done).toMatchObject({ status: 'cancelled', error: 'both', turns: 0 })
    gate.resolve('late')
    expect((await first).refused).toEqual(refused)
  })

  it('is not waited for by a call whose signal is aborted, also when it was before', async () => {
    const gate = Promise.withResolvers<string>()
    const deaf = tool({ name: 'deaf', description: '', parameters: { type: 'object' }, execute: () => gate.promise })
    const loop = openLoop({ model: scripted(calls(['deaf', {}])), tools: [deaf] })
    const run = loop.run('hi')
    const iterator = run[Symbol.asyncIterator]()
    for (let next = await iterator.next(); next.value?.type !== 'tool_started';) next = await iterator.next()
    await expect(loop.cancel('x', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
    gate.resolve('late')
    expect(await run.done).toMatchObject({ status: 'cancelled', refused: [] })
  })

  it('may come from the port for spans', async () => {
    const loop: AgentLoop = openLoop({
      model: scripted(says('a')),
      trace: {
        start: () => {
          void loop.cancel('traced')
          return { end: () => ended++, fail: () => undefined }
        },
      },
    })
    let ended = 0
    const run = loop.run('hi')
    expect(await eventsOf(run)).toEqual([])
    expect(await run.done).toMatchObject({ status: 'cancelled', error: 'traced' })
    expect(ended).toBe(1)
  })

  it('may come from a tool of the run, which is not waited for by its own call', async () => {
    const stop = tool({
      name: 'stop',
      description: '',
      parameters: { type: 'object' },
      execute: async () => {
        await loop.cancel('by a tool')
      },
    })
    const loop = openLoop({ model: scripted(calls(['stop', {}])), tools: [stop] })
    expect(await loop.run('hi').done).toMatchObject({ status: 'cancelled', error: 'by a tool', refused: [] })
  })

  it('before the run was asked for anything leaves it without a beginning', async () => {
    const model = scripted(says('a'))
    const loop = openLoop({ model })
    const run = loop.run('hi')
    await loop.cancel('never')
    expect(await eventsOf(run)).toEqual([])
    expect(await run.done).toMatchObject({ status: 'cancelled', error: 'never' })
    expect(model.requests).toHaveLength(0)
    expect(loop.history).toEqual([])
  })

  it.each<[unknown]>([[-1], [Number.NaN], [Infinity], ['100'], [null]])(
    'refuses a deadline of %j, and cancels nothing',
    async given => {
      // @ts-expect-error -- as somebody may whose code has no types
      const deadline: number = given
      const loop = openLoop({ model: scripted(says('a')) })
      const run = loop.run('hi')
      await expect(loop.cancel('x', { deadline })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
      await expect(loop.terminate('x', { deadline })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
      expect((await run.done).status).toBe('completed')
    },
  )

  it('does nothing when nothing runs', async () => {
    const loop = openLoop({ model: scripted(says('a')) })
    expect(await loop.cancel()).toEqual({ released: 0, refused: [], milliseconds: 0 })
  })
})

describe('a loop', () => {
  it.each<[string, object]>([
    ['model', { model: 'gpt' }],
    ['tools', { tools: {} }],
    ['tools[0]', { tools: [null] }],
    ['tools[1]', { tools: [add, () => 'no tool'] }],
    ['instructions', { instructions: ['be kind'] }],
    ['approve', { approve: true }],
    ['onItem', { onItem: {} }],
    ['trace', { trace: {} }],
    ['scope', { scope: {} }],
    ['limits', { limits: null }],
    ['limits.turn;', { limits: { turn: 5 } }],
    ['limits.turns', { limits: { turns: 0.5 } }],
    ['retry', { retry: null }],
    ['retry.base', { retry: { base: '5' } }],
    ['retry.jitter', { retry: { jitter: '0' } }],
    ['history', { history: 'hi' }],
    ['history[1]', { history: [{ type: 'reasoning', text: '' }, undefined] }],
  ])('refuses a wrong %s by its name, and leaves nothing in its scope', (name, options) => {
    const scope = new Scope('app')
    const { created } = AgentLoop.counts
    const make = (): AgentLoop => new AgentLoop({ model: scripted(says('a')), scope, ...options })
    expect(make).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(`${name} `) }),
    )
    expect(scope.snapshot().resources).toEqual([])
    expect(AgentLoop.counts.created).toBe(created)
  })

  it('whose model gives no stream says so', async () => {
    const loop = openLoop({
      // @ts-expect-error -- as somebody may whose code has no types
      model: async () => says('a'),
    })
    expect(await loop.run('hi').done).toMatchObject({
      error: { code: 'MODEL_PROTOCOL', message: expect.stringContaining('async iterable') },
    })
  })
})

describe('a terminate', () => {
  it('is final, idempotent, and counted once', async () => {
    const before = AgentLoop.counts
    const loop = openLoop({ model: scripted(stalls('a')) })
    expect(AgentLoop.counts).toMatchObject({ created: before.created + 1, active: before.active + 1 })
    const run = loop.run('hi')
    const iterator = run[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.next()
    await Promise.all([loop.terminate('over'), loop.terminate()])
    await loop.terminate()
    expect(await run.done).toMatchObject({ status: 'cancelled', error: 'over' })
    expect(AgentLoop.counts).toEqual({
      created: before.created + 1,
      active: before.active,
      terminated: before.terminated + 1,
    })
    expect(() => loop.run('again')).toThrow(expect.objectContaining({ code: 'LOOP_TERMINATED' }))
  })

  it('comes with the close of the scope that the loop lives in', async () => {
    const scope = new Scope('app')
    const { active } = AgentLoop.counts
    const loop = openLoop({ model: scripted(stalls('a')), scope, name: 'coder' })
    const run = loop.run('hi')
    const iterator = run[Symbol.asyncIterator]()
    await iterator.next()
    await iterator.next()
    await scope.close('bye')
    expect(await run.done).toMatchObject({ status: 'cancelled', error: 'bye' })
    const late = new Scope('late')
    const unused = openLoop({ model: scripted(says('a')), scope: late }).run('hi')
    await late.close()
    expect(await eventsOf(unused)).toEqual([])
    expect(await unused.done).toMatchObject({ status: 'cancelled', error: { code: 'SCOPE_CLOSED' } })
    expect(AgentLoop.counts.active).toBe(active)
    expect(() => loop.run('again')).toThrow(expect.objectContaining({ code: 'LOOP_TERMINATED' }))
  })
})
