import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { AgentLoop, type Item, type Model, type RunEvent, tool } from '../../src/agent/index.ts'
import { Scope } from '../../src/scope/index.ts'
import { until } from '../support/until.ts'
import { eventsOf, NOTHING_HELD, openLoop, terminateLoops } from './loops.ts'
import { calls, says, scripted, stalls } from './scripted-model.ts'

terminateLoops()

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

  it('names such a stream alone, also where the run was in the middle of an event', async () => {
    const text = { done: false, value: { type: 'text', text: 'a' } } as const
    const { promise, reject } = Promise.withResolvers<never>()
    const model: Model = () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(text), return: () => promise }),
    })
    const loop = openLoop({ model })
    const iterator = loop.run('hi')[Symbol.asyncIterator]()
    for (let next = await iterator.next(); next.value?.type !== 'text';) next = await iterator.next()
    const { refused } = await loop.cancel('enough', { deadline: 5 })
    expect(refused.map(({ path }) => path)).toEqual(['agent/run 1/request/iteration'])
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
