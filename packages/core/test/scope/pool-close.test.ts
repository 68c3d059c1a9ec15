import { describe, expect, it } from 'vitest'
import { Scope } from '../../src/scope/index.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

describe('closing a pool', () => {
  it('ends all values, waits for what is lent, and fails who waits', async () => {
    const destroyed: string[] = []
    const scope = new Scope('a')
    let next = 0
    const pool = scope.pool({
      max: 2,
      create: () => `value ${next++}`,
      destroy: async value => {
        await turn()
        destroyed.push(value)
      },
    })
    const [lent, idle] = await Promise.all([pool.acquire(), pool.acquire()])
    const waiting = pool.acquire()
    const refused = expect(waiting).rejects.toMatchObject({ code: 'POOL_CLOSED' })
    const closed = scope.close()
    await refused
    idle.release()
    await turn()
    await turn()
    expect(destroyed).toEqual(['value 1'])
    lent.release()
    expect(await closed).toMatchObject({ refused: [], released: 1 })
    expect(destroyed).toEqual(['value 1', 'value 0'])
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'POOL_CLOSED' })
  })

  it('names the borrowers that never give back, with their stacks when asked', async () => {
    const scope = new Scope('a', { closeTimeout: 40, stacks: true })
    const pool = scope.pool({ name: 'connections', create: () => 1, destroy: () => {} })
    const forgetful = async (): Promise<void> => void (await pool.acquire())
    await forgetful()
    await forgetful()
    const { refused } = await scope.close()
    expect(refused).toMatchObject([
      { path: 'a/connections/lease', kind: 'lease', name: 'connections' },
      { path: 'a/connections/lease', kind: 'lease', name: 'connections' },
    ])
    expect(refused[0]?.stack?.split('\n')[0]).toContain('pool-close.test.ts')
    expect(refused[0]?.age).toBeGreaterThanOrEqual(39)
  })

  it('lets tasks give back what they hold before the pool is ended', async () => {
    const order: string[] = []
    const scope = new Scope('a')
    const pool = scope.pool({ create: () => 1, destroy: () => order.push('destroyed') })
    void scope.task('user', signal =>
      pool.use(async () => {
        await new Promise(resolve => signal.addEventListener('abort', resolve))
        await turn()
        order.push('used')
      }),
    )
    await turn()
    expect((await scope.close()).refused).toEqual([])
    expect(order).toEqual(['used', 'destroyed'])
  })

  it('aborts a creation under way, and takes its failure for a normal end', async () => {
    const scope = new Scope('a')
    const pool = scope.pool<number>({
      create: signal =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- as fetch does
            reject(signal.reason)
          })
        }),
      destroy: () => {},
    })
    const waiting = pool.acquire()
    const refused = expect(waiting).rejects.toMatchObject({ code: 'POOL_CLOSED' })
    expect(await scope.close()).toMatchObject({ refused: [], released: 1 })
    await refused
  })

  it('ends a value whose creation ignores the abort', async () => {
    const gate = Promise.withResolvers<void>()
    const destroyed: string[] = []
    const scope = new Scope('a')
    const pool = scope.pool({
      create: async () => {
        await gate.promise
        return 'late'
      },
      destroy: value => destroyed.push(value),
    })
    const waiting = pool.acquire().catch(() => {})
    const closed = scope.close()
    gate.resolve()
    await closed
    await waiting
    expect(destroyed).toEqual(['late'])
  })

  it('gathers what destroy threw', async () => {
    const scope = new Scope('a')
    let next = 0
    const pool = scope.pool({
      create: () => next++,
      destroy: async value => {
        throw new Error(`destroy ${value}`)
      },
    })
    const leases = await Promise.all([pool.acquire(), pool.acquire()])
    for (const lease of leases) lease.release()
    await expect(scope.close()).rejects.toMatchObject({
      code: 'SCOPE_CLOSE_FAILED',
      errors: [{ errors: [new Error('destroy 0'), new Error('destroy 1')] }],
    })
  })

  it('tells onError of what destroy threw while the pool is open', async () => {
    const told: unknown[] = []
    const scope = new Scope('a', { onError: (error, { path }) => told.push([path, String(error)]) })
    const pool = scope.pool({ idle: 0, create: () => 1, destroy: () => Promise.reject(new Error('no')) })
    await pool.use(() => {})
    await turn()
    expect(told).toEqual([['a/pool', 'Error: no']])
    await scope.close()
  })

  it('can be done ahead of the scope', async () => {
    const destroyed: number[] = []
    const scope = new Scope('a')
    const pool = scope.pool({ create: () => 1, destroy: value => destroyed.push(value) })
    await pool.use(() => {})
    await Promise.all([pool.close(), pool.close()])
    expect(destroyed).toEqual([1])
    expect(scope.snapshot().resources).toEqual([])
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'POOL_CLOSED' })
  })
})
