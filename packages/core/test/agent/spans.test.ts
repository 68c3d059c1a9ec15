import { describe, expect, it, vi } from 'vitest'
import { AgentLoop, type AgentLoopOptions, tool } from '../../src/agent/index.ts'
import { shieldSpans, type Span, type SpanPort } from '../../src/agent/spans.ts'
import { until } from '../support/until.ts'
import { calls, says, scripted, stalls } from './scripted-model.ts'

interface Told {
  kind: string
  name: string
  parent: Span | undefined
  span: Span
  end: ReturnType<typeof vi.fn<Span['end']>>
  fail: ReturnType<typeof vi.fn<Span['fail']>>
}

/** A port that remembers what it was told. */
function recorder(): SpanPort & { told: Told[] } {
  const told: Told[] = []
  return {
    told,
    start(kind, name, _attributes, parent) {
      const span = { end: vi.fn<Span['end']>(), fail: vi.fn<Span['fail']>() }
      told.push({ kind, name, parent, span, ...span })
      return span
    },
  }
}

function broken(): never {
  throw new Error('broken')
}

function unexpected(error: unknown): void {
  throw error
}

describe('spans', () => {
  it('are told to the port with what it made for the span around them', () => {
    const port = recorder()
    const run = shieldSpans(port, unexpected).start('run', 'fix')
    run.start('turn', '1', { turn: 1 }).end({ tokens: 5 })
    run.fail('reason')
    expect(port.told).toMatchObject([
      { kind: 'run', name: 'fix', parent: undefined },
      { kind: 'turn', name: '1', parent: port.told[0]?.span },
    ])
    expect(port.told[1]?.end.mock.calls).toEqual([[{ tokens: 5 }]])
    expect(port.told[0]?.fail.mock.calls).toEqual([['reason']])
  })

  it('end once, by what came first', () => {
    const port = recorder()
    const span = shieldSpans(port, unexpected).start('run', 'fix')
    span.fail('first')
    span.end()
    span.fail('again')
    expect(port.told[0]?.fail.mock.calls).toEqual([['first']])
    expect(port.told[0]?.end).not.toHaveBeenCalled()
  })

  it.each<[what: string, port: SpanPort]>([
    ['start', { start: () => broken() }],
    ['end', { start: () => ({ end: () => broken(), fail: () => undefined }) }],
    ['fail', { start: () => ({ end: () => undefined, fail: () => broken() }) }],
    // oxlint-disable-next-line typescript/no-misused-promises -- what a port of somebody else's may do
    ['end, later', { start: () => ({ end: async () => broken(), fail: () => undefined }) }],
  ])('shield the loop from a port whose %s throws, and tell of it once', async (_what, port) => {
    const onError = vi.fn()
    const spans = shieldSpans(port, onError)
    for (let run = 0; run < 3; run++) {
      const span = spans.start('run', 'fix')
      span.start('turn', '1').fail('x')
      span.end()
    }
    await new Promise(setImmediate)
    expect(onError).toHaveBeenCalledTimes(1)
  })

  it('end with the span around them at the latest', () => {
    const port = recorder()
    const run = shieldSpans(port, unexpected).start('run', 'fix')
    const turn = run.start('turn', '1')
    turn.start('tool', 'look')
    run.end()
    turn.fail('late')
    expect(port.told.map(each => [each.end.mock.calls.length, each.fail.mock.calls.length])).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
    ])
    expect(port.told[2]?.end.mock.calls).toEqual([[{ 'oakum.cancelled': true }]])
  })

  it('make nothing when there is no port', () => {
    const spans = shieldSpans(undefined, unexpected)
    expect(spans.start('run', 'a').start('turn', 'b')).toBe(spans.start('run', 'c'))
  })
})

function fails(status: number): () => AsyncIterable<never> {
  return () => {
    throw Object.assign(new Error('no'), { status })
  }
}

/** Runs once with a recorder; `stop` is called when the last span has been started. */
async function traced(
  options: Pick<AgentLoopOptions, 'model' | 'limits' | 'retry'>,
  spans: number,
  stop: (loop: AgentLoop) => unknown,
): Promise<string[]> {
  const port = recorder()
  const gate = Promise.withResolvers<string>()
  const parameters = { type: 'object' }
  const tools = [
    tool({ name: 'look', description: '', parameters, execute: () => 'seen' }),
    tool({ name: 'fail', description: '', parameters, execute: broken }),
    tool({ name: 'deaf', description: '', parameters, execute: () => gate.promise }),
  ]
  const loop = new AgentLoop({ ...options, tools, trace: port })
  const { done } = loop.run('go')
  await until(() => port.told.length === spans)
  await stop(loop)
  await done
  gate.resolve('late')
  await loop.terminate()
  for (const { end, fail } of port.told) expect(end.mock.calls.length + fail.mock.calls.length).toBe(1)
  return port.told.map(each => {
    const [parent = ''] = port.told.filter(({ span }) => span === each.parent).map(({ kind }) => kind)
    return `${parent} > ${each.kind}${each.fail.mock.calls.length === 1 ? ' failed' : ''}`
  })
}

describe('a run', () => {
  const turn = ['run > turn', 'turn > call']
  it.each<[what: string, Parameters<typeof traced>[0], spans: string[], stop?: Parameters<typeof traced>[2]]>([
    ['completes', { model: scripted(calls(['look', {}]), says('a')) }, [' > run', ...turn, 'turn > tool', ...turn]],
    [
      'goes on after a tool that fails',
      { model: scripted(calls(['fail', {}]), says('a')) },
      [' > run', ...turn, 'turn > tool failed', ...turn],
    ],
    [
      'asks again',
      { model: scripted(fails(500), says('a')), retry: { base: 1 } },
      [' > run', 'run > turn', 'turn > call failed', 'turn > call'],
    ],
    ['fails', { model: scripted(fails(400)) }, [' > run failed', 'run > turn failed', 'turn > call failed']],
    [
      'takes too many turns',
      { model: scripted(calls(['look', {}])), limits: { turns: 1 } },
      [' > run failed', ...turn, 'turn > tool'],
    ],
    ['is cancelled in a stream', { model: scripted(stalls('a')) }, [' > run', ...turn], loop => loop.cancel()],
    ['is terminated', { model: scripted(stalls('a')) }, [' > run', ...turn], loop => loop.terminate()],
    [
      'is cancelled in a tool that does not listen',
      { model: scripted(calls(['deaf', {}])) },
      [' > run', ...turn, 'turn > tool'],
      loop => loop.cancel('enough', { deadline: 20 }),
    ],
    [
      'is cancelled in a back-off',
      { model: scripted(fails(429)) },
      [' > run', 'run > turn', 'turn > call failed'],
      loop => loop.cancel(),
    ],
  ])('that %s ends each of its spans once', async (_what, options, spans, stop = () => undefined) => {
    expect(await traced(options, spans.length, stop)).toEqual(spans)
  })
})
