import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Scope, type Pool } from '../../src/scope/index.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function numbers(scope: Scope, options: { max?: number; idle?: number; lifetime?: number } = {}) {
  const destroyed: number[] = []
  let next = 0
  const pool: Pool<number> = scope.pool({
    create: () => next++,
    destroy: value => destroyed.push(value),
    ...options,
  })
  return { pool, destroyed }
}

describe('a pool and time', () => {
  it('ends a value that lies unused for 30 s, and has no timer when none is idle', async () => {
    const { pool, destroyed } = numbers(new Scope('a'))
    const lease = await pool.acquire()
    expect(vi.getTimerCount()).toBe(0)
    lease.release()
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(29_900)
    expect(destroyed).toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(destroyed).toEqual([0])
    expect(vi.getTimerCount()).toBe(0)
    expect(pool.counts.total).toBe(0)
  })

  it('counts the idle time anew with each use', async () => {
    const { pool, destroyed } = numbers(new Scope('a'), { idle: 100 })
    for (let n = 0; n < 5; n++) {
      await pool.use(() => {})
      await vi.advanceTimersByTimeAsync(90)
    }
    expect(destroyed).toEqual([])
    await vi.advanceTimersByTimeAsync(20)
    expect(destroyed).toEqual([0])
  })

  it('ends the values that are not needed, oldest first, and keeps the one that is', async () => {
    const { pool, destroyed } = numbers(new Scope('a'), { idle: 100 })
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()])
    for (const lease of leases) lease.release()
    for (let n = 0; n < 3; n++) {
      await vi.advanceTimersByTimeAsync(60)
      expect(await pool.use(value => value)).toBe(2)
    }
    expect(destroyed).toEqual([0, 1])
  })

  it('lends no value beyond its lifetime of 5 minutes, also when it is in use all the time', async () => {
    const { pool, destroyed } = numbers(new Scope('a'), { max: 1 })
    for (let second = 0; second < 310; second += 10) {
      await pool.use(() => {})
      await vi.advanceTimersByTimeAsync(10_000)
    }
    expect(destroyed).toEqual([0])
    const lease = await pool.acquire()
    const waiting = pool.acquire()
    await vi.advanceTimersByTimeAsync(300_000)
    lease.release()
    expect((await waiting).value).toBe(2)
    expect(destroyed).toEqual([0, 1])
  })

  it('rejects with TIMEOUT who waits too long, and leaves no timer', async () => {
    const { pool } = numbers(new Scope('a'), { max: 1 })
    const lease = await pool.acquire({ timeout: 1_000 })
    expect(vi.getTimerCount()).toBe(0)
    const waiting = pool.acquire({ timeout: 1_000 })
    const refused = expect(waiting).rejects.toMatchObject({ code: 'TIMEOUT', facts: { timeout: 1_000 } })
    await vi.advanceTimersByTimeAsync(1_000)
    await refused
    expect(pool.counts.waiting).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
    lease.release()
    await expect(pool.acquire({ timeout: -1 })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })
})
