import { describe, expect, it } from 'vitest'
import type { Births } from '../src/births.ts'
import { chargesOf } from '../src/charges.ts'
import type { HeapReading } from '../src/heap-growth.ts'
import { judge, type Judgement } from '../src/judge.ts'
import type { LeaktestOptions } from '../src/options.ts'
import type { CounterRise } from '../src/report.ts'
import type { Evidence } from '../src/trial.ts'

const RATE = 32

/** A site that leaves 1 object of 32 bytes per iteration. */
function births(changes: Partial<Births> & { name?: string } = {}): Births {
  const { name = 'run', ...rest } = changes
  const frame = { function: name, url: 'file:///src/loop.ts', scriptId: '7', line: 3, column: 2 }
  return {
    frame,
    stack: [frame],
    survivors: Array.from({ length: 12 }, () => 800),
    bytes: 9_600 * RATE,
    pattern: 'leak',
    objectsPerIteration: 1,
    bytesPerIteration: RATE,
    bytesByBatch: Array.from({ length: 10 }, () => 800 * RATE),
    bound: 0,
    ...rest,
  }
}

/** A heap that grows by so many bytes per iteration. */
function heap(perIteration: number, until = Infinity): HeapReading[] {
  const counts = [0, 600, 1_200, 2_400, 4_800, 9_600]
  return counts.map(iterations => ({ iterations, bytes: 9e6 + Math.min(iterations, until) * perIteration }))
}

function rise(changes: Partial<CounterRise> = {}): CounterRise {
  return { counter: 'listeners', of: 'Bus', before: 0, after: 9_600, perIteration: 1, ...changes }
}

const QUIET: Evidence = {
  iterations: 9_600,
  warmup: 140,
  births: [],
  rises: [],
  growth: 0,
  heap: heap(0),
  seenEnough: true,
  full: false,
  fullBefore: false,
  sampled: 1,
}

function judged(evidence: Partial<Evidence>, options: LeaktestOptions = {}): Judgement {
  const whole = { ...QUIET, ...evidence }
  return judge(whole, chargesOf(whole, options), options.iterations !== undefined)
}

describe('a leak is', () => {
  it.each<[string, Partial<Evidence>]>([
    ['code whose old allocations stay', { births: [births()] }],
    ['a counter that rises', { rises: [rise()] }],
    ['a heap that grows', { growth: 8, heap: heap(8) }],
    ['a heap that was filled', { full: true, iterations: 3 }],
    ['a lot that stays of few iterations', { iterations: 181, growth: 100_000, heap: heap(100_000) }],
  ])('%s', (_, evidence) => {
    expect(judged(evidence).verdict).toBe('leak')
  })

  it('what grows beside a cache that is full', () => {
    const cache = births({ pattern: 'bounded', bound: 2_000, bytes: 64_000 })
    expect(judged({ births: [cache], growth: 225, heap: heap(225) }).verdict).toBe('leak')
  })

  it('what grows beside something that is ignored', () => {
    const ignore = [{ site: 'run', reason: 'known' }]
    expect(judged({ births: [births()], growth: 400, heap: heap(400) }, { ignore }).verdict).toBe('leak')
  })

  it('what rises on several emitters by more than its budget together', () => {
    const rises = [rise({ perIteration: 0.6 }), rise({ of: 'Signal', perIteration: 0.6 })]
    expect(judged({ rises }, { budget: { listeners: 1 } }).verdict).toBe('leak')
  })

  it('told with what would look the same, where no cache could have begun to evict', () => {
    expect(judged({ births: [births()], iterations: 624 })).toEqual({
      verdict: 'leak',
      reasons: [expect.stringMatching(/cache .* more than 624 iterations/)],
    })
    expect(judged({ births: [births()] }).reasons).toEqual([])
  })
})

describe('none is', () => {
  it('what is within its budget, nor the growth that it explains', () => {
    const evidence = { births: [births()], growth: 36, heap: heap(36) }
    expect(judged(evidence, { budget: { objects: 1 } }).verdict).toBe('clean')
    expect(judged({ rises: [rise()] }, { budget: { listeners: 1 } }).verdict).toBe('clean')
  })

  it.each(['run', 'AgentLoop.run', 'loop.ts', /\brun\b/g])('what is ignored as %s, however often it is asked', site => {
    const ignore = [{ site, reason: 'known' }]
    const evidence = {
      births: [births(), births({ frame: { ...births().frame, line: 9 } })],
      growth: 72,
      heap: heap(72),
    }
    expect(judged(evidence, { ignore }).verdict).toBe('clean')
  })

  it('a cache that is full, or still fills, with the growth by which it has', () => {
    const cache = (bound: number): Births => births({ pattern: 'bounded', bound, bytes: bound * RATE })
    expect(judged({ births: [cache(2_000)], growth: 8, heap: heap(RATE, 2_000) }).verdict).toBe('bounded')
    expect(judged({ births: [cache(5_000)], growth: 20, heap: heap(RATE, 5_000) }).verdict).toBe('bounded')
  })

  it('a cache by time, which holds more when there is more to do', () => {
    const tokens = births({ pattern: 'bounded', bound: 750, bytes: 180_000 })
    expect(judged({ births: [tokens], growth: 10, heap: heap(10) }).verdict).toBe('bounded')
  })

  it('what was filled once, with the growth by which it was', () => {
    const filled = births({ pattern: 'waning', bytes: 60_000 })
    expect(judged({ births: [filled], iterations: 600, growth: 300 }).verdict).toBe('clean')
  })
})

describe('nothing can be said', () => {
  it.each<[string, Partial<Evidence>, RegExp]>([
    ['of too few iterations', { iterations: 10 }, /possible in the time/],
    ['of what stays of few', { births: [births()], iterations: 181 }, /more time, or iterations/],
    ['of a little growth in few', { iterations: 181, growth: 200 }, /more time, or iterations/],
    ['of what rose between two readings only', { rises: [rise()], seenEnough: false }, /more time, or iterations/],
    ['where the heap was full before', { full: true, fullBefore: true }, /max-old-space-size/],
  ])('%s', (_, evidence, reason) => {
    expect(judged(evidence)).toEqual({ verdict: 'inconclusive', reasons: [expect.stringMatching(reason)] })
  })

  it('of fewer iterations than it takes, also when they were asked for', () => {
    expect(judged({ iterations: 10 }, { iterations: 10 }).reasons).toEqual([
      expect.stringMatching(/asked for.* takes 24/),
    ])
  })
})
