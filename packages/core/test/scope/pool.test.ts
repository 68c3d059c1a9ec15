import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Scope, type Lease, type Pool } from '../../src/scope/index.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** A pool of numbers that rise, and what became of them. */
function numbers(scope: Scope, options: { max?: number; slow?: boolean } = {}): { pool: Pool<number>; log: string[] } {
  const log: string[] = []
  let next = 0
  const pool = scope.pool({
    max: options.max ?? 20,
    create: async () => {
      if (options.slow === true) await turn()
      log.push(`create ${next}`)
      return next++
    },
    destroy: async value => {
      if (options.slow === true) await turn()
      log.push(`destroy ${value}`)
    },
  })
  return { pool, log }
}

describe('pool', () => {
  it('lends what was given back instead of making more', async () => {
    await using scope = new Scope('a')
    const { pool, log } = numbers(scope)
    const lease = await pool.acquire()
    lease.release()
    lease.release()
    const again = await pool.acquire()
    expect(again.value).toBe(lease.value)
    expect(log).toEqual(['create 0'])
    expect(pool.counts).toEqual({ total: 1, idle: 0, borrowed: 1, waiting: 0 })
    again.release()
  })

  it('makes 20 at most when nobody says otherwise', async () => {
    await using scope = new Scope('a')
    const { pool } = numbers(scope)
    const leases: Lease<number>[] = []
    for (let n = 0; n < 25; n++) void pool.acquire().then(lease => leases.push(lease))
    await turn()
    expect(pool.counts).toEqual({ total: 20, idle: 0, borrowed: 20, waiting: 5 })
    for (let n = 0; n < 25; n++) {
      leases[n]?.release()
      await turn()
    }
    expect(leases).toHaveLength(25)
  })

  it('serves first who came first, and lets nobody overtake', async () => {
    await using scope = new Scope('a')
    const { pool } = numbers(scope, { max: 1 })
    const order: number[] = []
    const first = await pool.acquire()
    const users = [1, 2, 3, 4].map(n => pool.use(() => order.push(n)))
    first.release()
    // Comes while a value is on its way to those who wait.
    users.push(pool.use(() => order.push(5)))
    await Promise.all(users)
    expect(order).toEqual([1, 2, 3, 4, 5])
  })

  it('gives a value back after use, whatever happens', async () => {
    await using scope = new Scope('a')
    const { pool } = numbers(scope)
    expect(await pool.use(value => value + 10)).toBe(10)
    await expect(pool.use(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(pool.counts).toEqual({ total: 1, idle: 1, borrowed: 0, waiting: 0 })
    {
      await using lease = await pool.acquire()
      expect(lease.value).toBe(0)
    }
    expect(pool.counts.idle).toBe(1)
  })

  it('ends a broken value when told, and makes another for who waits', async () => {
    await using scope = new Scope('a')
    const { pool, log } = numbers(scope, { max: 1 })
    const lease = await pool.acquire()
    const next = pool.acquire()
    await lease.destroy()
    expect((await next).value).toBe(1)
    expect(log).toEqual(['create 0', 'destroy 0', 'create 1'])
    ;(await next).release()
  })

  it('gives a failure of create to who waits longest, and frees the slot', async () => {
    await using scope = new Scope('a')
    let attempts = 0
    const pool = scope.pool({
      max: 1,
      create: async () => {
        if (++attempts < 3) throw new Error(`attempt ${attempts}`)
        return 'value'
      },
      destroy: () => {},
    })
    const results = await Promise.allSettled([pool.acquire(), pool.acquire(), pool.acquire()])
    expect(results.map(result => (result.status === 'rejected' ? String(result.reason) : result.value.value))).toEqual([
      'Error: attempt 1',
      'Error: attempt 2',
      'value',
    ])
    expect(pool.counts).toEqual({ total: 1, idle: 0, borrowed: 1, waiting: 0 })
    if (results[2]?.status === 'fulfilled') results[2].value.release()
  })

  it('works with a create that returns or throws at once', async () => {
    await using scope = new Scope('a')
    let broken = true
    const pool = scope.pool({
      create: () => {
        if (broken) throw new Error('at once')
        return 1
      },
      destroy: () => {},
    })
    await expect(pool.acquire()).rejects.toThrow('at once')
    broken = false
    expect(await pool.use(value => value)).toBe(1)
  })

  it('asks validate before it lends again, and ends what is not valid', async () => {
    const told: unknown[] = []
    await using scope = new Scope('a', { onError: error => told.push(error) })
    const ended: number[] = []
    let next = 0
    const answers: (() => boolean | Promise<boolean>)[] = [
      () => true,
      async () => false,
      () => {
        throw new Error('cannot tell')
      },
    ]
    const pool = scope.pool({
      create: () => next++,
      destroy: value => ended.push(value),
      validate: () => answers.shift()?.() ?? true,
    })
    const seen: number[] = []
    for (let n = 0; n < 4; n++) await pool.use(value => seen.push(value))
    expect(seen).toEqual([0, 0, 1, 2])
    expect(ended).toEqual([0, 1])
    expect(told).toEqual([new Error('cannot tell')])
  })

  it('leaves nothing of a waiter that gives up', async () => {
    await using scope = new Scope('a')
    const { pool } = numbers(scope, { max: 1 })
    const lease = await pool.acquire()
    const controller = new AbortController()
    const waiting = pool.acquire({ signal: controller.signal })
    const behind = pool.acquire()
    expect(pool.counts.waiting).toBe(2)
    controller.abort(new Error('changed my mind'))
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED', cause: new Error('changed my mind') })
    expect(pool.counts.waiting).toBe(1)
    lease.release()
    const served = await behind
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    await expect(pool.acquire({ signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' })
    served.release()
  })

  it('leaves no listener on the signal of a waiter that was served', async () => {
    await using scope = new Scope('a')
    const { pool } = numbers(scope)
    const { signal } = new AbortController()
    for (let n = 0; n < 20; n++) (await pool.acquire({ signal })).release()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('keeps a value whose waiter gave up while it was made', async () => {
    await using scope = new Scope('a')
    const { pool, log } = numbers(scope, { slow: true })
    const controller = new AbortController()
    const waiting = pool.acquire({ signal: controller.signal })
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' })
    await turn()
    expect(pool.counts).toEqual({ total: 1, idle: 1, borrowed: 0, waiting: 0 })
    expect(log).toEqual(['create 0'])
  })

  it.each([{ max: 0 }, { max: 1.5 }, { idle: -1 }, { lifetime: Number.NaN }])('refuses %o', wrong => {
    const scope = new Scope('a')
    expect(() => scope.pool({ create: () => 1, destroy: () => {}, ...wrong })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    )
  })
})
