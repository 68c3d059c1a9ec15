import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Scope } from '../../src/scope/index.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('timeout', () => {
  it('calls once, and leaves the scope when the call has ended', async () => {
    let calls = 0
    const scope = new Scope('a')
    scope.timeout(() => calls++, 1_000)
    await vi.advanceTimersByTimeAsync(999)
    expect(calls).toBe(0)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(calls).toBe(1)
    expect(scope.snapshot().resources).toEqual([])
  })

  it('never fires after the close or its release', async () => {
    let calls = 0
    const scope = new Scope('a')
    const release = scope.timeout(() => calls++, 1_000)
    scope.timeout(() => calls++, 1_000)
    release()
    expect(vi.getTimerCount()).toBe(1)
    expect(await scope.close()).toMatchObject({ released: 1 })
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(calls).toBe(0)
  })

  it('is waited for while a call is in flight', async () => {
    const order: string[] = []
    const gate = Promise.withResolvers<void>()
    const scope = new Scope('a')
    scope.timeout(async () => {
      await gate.promise
      order.push('call ended')
    }, 10)
    await vi.advanceTimersByTimeAsync(10)
    const closed = scope.close().then(() => order.push('closed'))
    gate.resolve()
    await closed
    expect(order).toEqual(['call ended', 'closed'])
  })

  it('may close its own scope, also after an await', async () => {
    const scope = new Scope('a')
    const done = Promise.withResolvers<number>()
    scope.timeout(async () => {
      await Promise.resolve()
      const report = await scope.close()
      done.resolve(report.refused.length)
    }, 10)
    await vi.advanceTimersByTimeAsync(10)
    expect(await done.promise).toBe(0)
    expect((await scope.close()).refused).toEqual([])
  })

  it('tells onError of what it threw, of both kinds', async () => {
    const told: unknown[] = []
    const scope = new Scope('a', { onError: (error, context) => told.push([String(error), context]) })
    const child = scope.child('b')
    child.timeout(function tick() {
      throw new Error('sync')
    }, 1)
    child.timeout(async function tock() {
      throw new Error('async')
    }, 2)
    await vi.advanceTimersByTimeAsync(2)
    expect(told).toEqual([
      ['Error: sync', { path: 'a/b/tick', kind: 'timeout', name: 'tick' }],
      ['Error: async', { path: 'a/b/tock', kind: 'timeout', name: 'tock' }],
    ])
    expect(child.snapshot().resources).toEqual([])
  })

  it.each([-1, Number.NaN, Infinity, 2 ** 31])('refuses a delay that a timer cannot wait for: %s', milliseconds => {
    expect(() => new Scope('a').timeout(() => {}, milliseconds)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    )
  })
})
