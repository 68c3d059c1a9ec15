import { describe, expect, it } from 'vitest'
import { type Approve, type RunEvent, type Tool, tool, type ToolResultItem } from '../../src/agent/index.ts'
import { Inbox } from '../../src/agent/turn/inbox.ts'
import { until } from '../support/until.ts'
import { eventsOf, openLoop, terminateLoops } from './loops.ts'
import { calls, says, scripted, usage } from './scripted-model.ts'

terminateLoops()

function simple(name: string, execute: Tool['execute'], parallel = true): Tool {
  return tool({ name, description: '', parameters: { type: 'object' }, parallel, execute })
}

/** The output that waits. */
async function outputsOf(inbox: Inbox): Promise<Extract<RunEvent, { type: 'tool_output' }>[]> {
  const { signal } = new AbortController()
  const told = []
  inbox.push({ type: 'warning', message: 'last' })
  for (let event = await inbox.take(signal); event?.type === 'tool_output'; event = await inbox.take(signal)) {
    told.push(event)
  }
  return told
}

/** What the model is told of its calls. */
async function answers(called: Parameters<typeof calls>, tools: Tool[], approve?: Approve): Promise<ToolResultItem[]> {
  const model = scripted(calls(...called), says('done'))
  const loop = openLoop({ model, tools, ...(approve === undefined ? {} : { approve }) })
  const { status } = await loop.run('go').done
  expect(status).toBe('completed')
  return model.requests[1]?.items.filter(item => item.type === 'tool_result') ?? []
}

function circularObject(): object {
  const circular: Record<string, unknown> = {}
  circular.self = circular
  return circular
}

const echo = tool({
  name: 'echo',
  description: 'Says it again.',
  parameters: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  execute: ({ text }: { text: string }) => text,
})

describe('what is wrong with a call is an answer to the model', () => {
  it.each([
    ['a tool that is not there', ['missing', {}], /no tool of the name "missing". There are: echo/],
    ['arguments that are no JSON', ['echo', '{"text": '], /arguments are not right/],
    ['arguments that the tool does not take', ['echo', { text: 1 }], /text must be a string/],
  ] as const)('%s', async (_, called, expected) => {
    const [answer] = await answers([[...called]], [echo])
    expect(answer).toMatchObject({ status: 'error', output: expect.stringMatching(expected) })
  })

  it.each([
    ['throws', () => Promise.reject(new Error('no disk')), /no disk/],
    ['throws something else', () => Promise.reject({ strange: true }), /strange/],
    ['returns a circular object', circularObject, /./],
    ['returns a BigInt', () => ({ big: 1n }), /./],
  ])('a tool that %s', async (_, execute, expected) => {
    const [answer] = await answers([['bad', {}]], [simple('bad', execute)])
    expect(answer).toMatchObject({ status: 'error', output: expect.stringMatching(expected) })
  })

  it('a result of 100 MB, of which the middle is left out', async () => {
    const [answer] = await answers([['large', {}]], [simple('large', () => `begin${'x'.repeat(100_000_000)}end`)])
    expect(answer?.status).toBe('ok')
    expect(answer?.output.length).toBeLessThan(70_000)
    expect(answer?.output).toMatch(/^beginx+[^]*left out[^]*x+end$/)
  })
})

describe('approval', () => {
  it('denies with a reason, edits, and is asked in order, one at a time', async () => {
    const asked: string[] = []
    let asking = 0
    const approve: Approve = async ({ callId }, { arguments: args }) => {
      asked.push(callId)
      expect(++asking).toBe(1)
      await new Promise(resolve => setImmediate(resolve))
      asking--
      expect(args).toEqual({ text: callId })
      if (callId === 'b') return { deny: 'not today' }
      return callId === 'c' ? { edit: { text: 'edited' } } : 'allow'
    }
    const called = ['a', 'b', 'c'].map((id): [string, unknown, string] => ['echo', { text: id }, id])
    const told = await answers(called, [echo], approve)
    expect(asked).toEqual(['a', 'b', 'c'])
    expect(told.map(({ status, output }) => `${status} ${output}`)).toEqual([
      'ok a',
      'denied The call was denied: not today',
      'ok The call was run with other arguments: {"text":"edited"}\nedited',
    ])
  })

  it.each([
    ['BigInts', { n: 1n }, '{ n: 1n }'],
    ['a map', new Map([['n', 1]]), "Map(1) { 'n' => 1 }"],
    ['a set', new Set([1]), 'Set(1) { 1 }'],
    ['bytes', new Uint8Array([1, 2]), 'Uint8Array(2) [ 1, 2 ]'],
    ['itself', circularObject(), '<ref *1> { self: [Circular *1] }'],
  ])('that edits to what is no JSON, as %s, loses no result', async (_, edit, told) => {
    let runs = 0
    const run: Tool = { ...simple('run', () => `ran ${++runs}`), check: value => ({ ok: true, value }) }
    const [answer] = await answers([['run', {}]], [run], () => ({ edit }))
    expect(answer).toMatchObject({ status: 'ok', output: `The call was run with other arguments: ${told}\nran 1` })
  })

  it('lets people see what an edited call is run with', async () => {
    const loop = openLoop({
      model: scripted(calls(['echo', { text: 'a' }]), says('done')),
      tools: [echo],
      approve: () => ({ edit: { text: 'b' } }),
    })
    const started = (await eventsOf(loop.run('go'))).filter(({ type }) => type === 'tool_started')
    expect(started).toMatchObject([{ call: { arguments: '{"text":"a"}' }, arguments: { text: 'b' } }])
  })

  it('is not asked for what the tool would not take, and what it edits is checked', async () => {
    const asked: string[] = []
    const approve: Approve = ({ callId }) => {
      asked.push(callId)
      return { edit: { text: 2 } }
    }
    const told = await answers(
      [
        ['echo', {}, 'a'],
        ['echo', { text: 'x' }, 'b'],
      ],
      [echo],
      approve,
    )
    expect(asked).toEqual(['b'])
    expect(told.map(({ status }) => status)).toEqual(['error', 'error'])
  })

  it.each([[undefined], [true], ['deny'], [{}], [{ deny: undefined }]])('that answers %j denies', async answer => {
    let ran = false
    const run = simple('run', () => {
      ran = true
    })
    // @ts-expect-error -- as somebody may whose code has no types
    const [told] = await answers([['run', {}]], [run], () => answer)
    expect(told).toMatchObject({ status: 'denied', output: expect.stringContaining('approve must answer') })
    expect(ran).toBe(false)
  })

  it('that fails denies', async () => {
    const [answer] = await answers([['echo', { text: 'a' }]], [echo], () => Promise.reject(new Error('window closed')))
    expect(answer).toMatchObject({ status: 'denied', output: expect.stringContaining('window closed') })
  })
})

describe('calls of one turn', () => {
  it('are answered whole where results have no limit', async () => {
    const model = scripted(calls(['large', {}], ['bad', {}]), says('done'))
    const large = simple('large', () => 'x'.repeat(100_000))
    const bad = simple('bad', () => Promise.reject(new Error('no disk')))
    const loop = openLoop({ model, tools: [large, bad], limits: { resultBytes: Infinity } })
    const { items } = await loop.run('go').done
    const told = items.flatMap(item => (item.type === 'tool_result' ? [`${item.status} ${item.output.length}`] : []))
    expect(told).toEqual(['ok 100000', 'error 7'])
  })

  it('run side by side, so many at a time, and are told in their order', async () => {
    let running = 0
    let most = 0
    const gates = new Map<unknown, () => void>()
    const wait = simple('wait', async args => {
      most = Math.max(most, ++running)
      await new Promise<void>(resolve => gates.set(JSON.stringify(args), resolve))
      running--
      return 'waited'
    })
    const called = [1, 2, 3].map((n): [string, unknown, string] => ['wait', { n }, String(n)])
    const loop = openLoop({
      model: scripted(calls(...called), says('done')),
      tools: [wait],
      limits: { parallelCalls: 2 },
    })
    const run = loop.run('go')
    const events = eventsOf(run)
    await until(() => gates.size === 2)
    gates.get('{"n":2}')?.()
    await until(() => gates.size === 3)
    gates.get('{"n":3}')?.()
    gates.get('{"n":1}')?.()
    const results = (await events).flatMap(event =>
      event.type === 'item' && event.item.type === 'tool_result' ? [event.item.callId] : [],
    )
    expect(results).toEqual(['1', '2', '3'])
    expect(most).toBe(2)
  })

  it('run by themselves where the tool wants it', async () => {
    const trail: string[] = []
    const note = (name: string, parallel: boolean): Tool =>
      simple(
        name,
        async () => {
          trail.push(`${name} begins`)
          await new Promise(resolve => setImmediate(resolve))
          trail.push(`${name} ends`)
        },
        parallel,
      )
    await answers(
      [
        ['a', {}],
        ['alone', {}],
        ['b', {}],
      ],
      [note('a', true), note('alone', false), note('b', true)],
    )
    expect(trail).toEqual(['a begins', 'a ends', 'alone begins', 'alone ends', 'b begins', 'b ends'])
  })

  it('leave nothing that their scope owns', async () => {
    let released = false
    const holds = simple('holds', (_, { scope }) => {
      scope.defer(() => {
        released = true
      })
      scope.interval(() => {}, 1_000)
      return 'held'
    })
    const model = scripted(calls(['holds', {}]), (): AsyncIterable<never> => {
      expect(released).toBe(true)
      throw new Error('seen')
    })
    const loop = openLoop({ model, tools: [holds], retry: { retries: 0 } })
    expect(await loop.run('go').done).toMatchObject({ status: 'failed', error: { cause: { message: 'seen' } } })
  })

  it('tell what could not be released as a warning', async () => {
    const bad = simple('bad', (_, { scope }) => {
      scope.defer(() => {
        throw new Error('stuck')
      })
      return 'fine'
    })
    const events = await eventsOf(openLoop({ model: scripted(calls(['bad', {}]), says('a')), tools: [bad] }).run('go'))
    expect(events).toContainEqual({ type: 'warning', message: expect.stringContaining('stuck') })
    expect(events).toContainEqual(expect.objectContaining({ type: 'tool_finished', name: 'bad', status: 'ok' }))
  })

  it('tell people what they do while they run, and drop the oldest of it when nobody reads', async () => {
    const chatty = simple('chatty', (_, { output }) => {
      for (let n = 0; n < 10; n++) output(`line ${n}`)
    })
    const model = scripted(calls(['chatty', {}]), [{ type: 'finish', reason: 'stop', usage }])
    const loop = openLoop({ model, tools: [chatty], limits: { queuedEvents: 3 } })
    const told = (await eventsOf(loop.run('go'))).filter(({ type }) => type === 'tool_output')
    expect(told).toEqual([
      { type: 'tool_output', callId: 'chatty-0', text: 'line 7', dropped: 7 },
      { type: 'tool_output', callId: 'chatty-0', text: 'line 8', dropped: 0 },
      { type: 'tool_output', callId: 'chatty-0', text: 'line 9', dropped: 0 },
    ])
  })

  it('tell an output that is too long for one event in several, and count what is dropped of it', async () => {
    const text = `${'x'.repeat(64 * 1_024 - 1)}😀${'y'.repeat(100_000)}`
    const whole = new Inbox(1_000)
    whole.output('a', text)
    const told = await outputsOf(whole)
    expect(told.map(({ dropped }) => dropped)).toEqual([0, 0, 0])
    expect(told.map(event => event.text).join('')).toBe(text)
    expect(told.every(event => event.text.isWellFormed() && event.text.length <= 64 * 1_024)).toBe(true)
    const short = new Inbox(2)
    short.output('a', text)
    expect(await outputsOf(short)).toEqual([{ ...told[1], dropped: 1 }, told[2]])
  })

  it('hold no more output than so many characters, however long the pieces', async () => {
    const inbox = new Inbox(1_000)
    for (let n = 0; n < 100; n++) inbox.output('a', `${n}${'x'.repeat(200_000)}`)
    const told = await outputsOf(inbox)
    const size = told.reduce((sum, { text }) => sum + text.length, 0)
    expect(size).toBeLessThanOrEqual(1_024 * 1_024)
    expect(size).toBeGreaterThan(500_000)
    expect(told.length + (told[0]?.dropped ?? 0)).toBe(400)
  })
})
