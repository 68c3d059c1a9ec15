import { describe, expect, it } from 'vitest'
import { AgentLoop, type Item, type Model, type RunEvent, tool } from '../../src/agent/index.ts'
import { Scope } from '../../src/scope/index.ts'
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
