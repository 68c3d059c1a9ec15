import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Scope } from '../../src/scope/index.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('interval', () => {
  it('calls again and again until the close', async () => {
    let calls = 0
    const scope = new Scope('a')
    scope.interval(() => calls++, 100)
    await vi.advanceTimersByTimeAsync(350)
    expect(calls).toBe(3)
    await scope.close()
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(calls).toBe(3)
  })

  it('never runs an async function twice at a time', async () => {
    let running = 0
    let most = 0
    let calls = 0
    const scope = new Scope('a')
    scope.interval(async () => {
      calls++
      most = Math.max(most, ++running)
      await new Promise(resolve => setTimeout(resolve, 250))
      running--
    }, 100)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(most).toBe(1)
    expect(calls).toBe(4)
    const closed = scope.close()
    await vi.advanceTimersByTimeAsync(1_000)
    await closed
    expect(running).toBe(0)
  })

  it('goes on after an error, which goes to onError', async () => {
    const told: string[] = []
    const scope = new Scope('a', { onError: error => told.push(String(error)) })
    let calls = 0
    scope.interval(async () => {
      throw new Error(`call ${++calls}`)
    }, 10)
    await vi.advanceTimersByTimeAsync(20)
    expect(told).toEqual(['Error: call 1', 'Error: call 2'])
    await scope.close()
  })

  it('has a release that stops it at once and settles when a call in flight has ended', async () => {
    const order: string[] = []
    const gate = Promise.withResolvers<void>()
    const scope = new Scope('a')
    const release = scope.interval(async () => {
      await gate.promise
      order.push('call ended')
    }, 10)
    await vi.advanceTimersByTimeAsync(10)
    const released = release().then(() => order.push('released'))
    expect(vi.getTimerCount()).toBe(0)
    gate.resolve()
    await released
    await release()
    expect(order).toEqual(['call ended', 'released'])
    expect(scope.snapshot().resources).toEqual([])
  })

  it('can be stopped, and awaited, by its own function', async () => {
    const scope = new Scope('a')
    let calls = 0
    const stop = scope.interval(async () => {
      if (++calls === 3) await stop()
    }, 100)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(calls).toBe(3)
    expect(scope.snapshot().resources).toEqual([])
  })
})
