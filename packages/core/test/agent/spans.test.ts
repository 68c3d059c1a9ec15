import { describe, expect, it, vi } from 'vitest'
import { shieldSpans, type Span, type SpanPort } from '../../src/agent/spans.ts'

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

  it('make nothing when there is no port', () => {
    const spans = shieldSpans(undefined, unexpected)
    expect(spans.start('run', 'a').start('turn', 'b')).toBe(spans.start('run', 'c'))
  })
})
