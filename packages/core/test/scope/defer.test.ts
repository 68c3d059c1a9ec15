import { describe, expect, it } from 'vitest'
import { Scope } from '../../src/scope/index.ts'

describe('defer', () => {
  it('calls the functions last in, first out, each awaited before the next', async () => {
    const calls: string[] = []
    const scope = new Scope('a')
    scope.defer(() => calls.push('first'))
    scope.defer(async () => {
      calls.push('second begins')
      await new Promise(resolve => setImmediate(resolve))
      calls.push('second ends')
    })
    scope.defer(() => calls.push('third'))
    const report = await scope.close()
    expect(calls).toEqual(['third', 'second begins', 'second ends', 'first'])
    expect(report).toMatchObject({ released: 3, refused: [] })
  })

  it('is undone alone by its release, once', async () => {
    const calls: string[] = []
    const scope = new Scope('a')
    const release = scope.defer(() => calls.push('early'))
    scope.defer(() => calls.push('late'))
    await Promise.all([release(), release()])
    expect(calls).toEqual(['early'])
    expect(scope.snapshot().resources).toHaveLength(1)
    await scope.close()
    await release()
    expect(calls).toEqual(['early', 'late'])
  })

  it('gives what the function threw to who released it, and to nobody else', async () => {
    const scope = new Scope('a')
    const sync = scope.defer(() => {
      throw new Error('sync')
    })
    const async = scope.defer(async () => {
      throw new Error('async')
    })
    await expect(sync()).rejects.toThrow('sync')
    await expect(async()).rejects.toThrow('async')
    expect(await scope.close()).toMatchObject({ released: 0, refused: [] })
  })

  it('lets a close wait for an early release that is under way, without calling it again', async () => {
    const gate = Promise.withResolvers<void>()
    let calls = 0
    const scope = new Scope('a')
    const order: string[] = []
    const release = scope.defer(async () => {
      calls++
      await gate.promise
      order.push('released')
    })
    const released = release()
    const closed = scope.close().then(() => order.push('closed'))
    gate.resolve()
    await Promise.all([released, closed])
    expect(order).toEqual(['released', 'closed'])
    expect(calls).toBe(1)
  })

  it('is not a deadlock when a function awaits its own release', async () => {
    const scope = new Scope('a')
    const release = scope.defer(() => release())
    await release()
    expect(scope.snapshot().resources).toEqual([])
  })

  it('is refused once closing has begun', async () => {
    const scope = new Scope('a')
    await scope.close()
    expect(() => scope.defer(() => {})).toThrow(expect.objectContaining({ code: 'SCOPE_CLOSED' }))
  })
})
