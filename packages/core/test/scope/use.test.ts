import { describe, expect, it } from 'vitest'
import { Scope } from '../../src/scope/index.ts'

describe('use', () => {
  it('disposes asynchronously where it can, else synchronously', async () => {
    const calls: string[] = []
    const scope = new Scope('a')
    scope.use({ [Symbol.dispose]: () => void calls.push('sync') })
    scope.use({
      [Symbol.dispose]: () => void calls.push('never'),
      [Symbol.asyncDispose]: async () => void calls.push('async'),
    })
    await scope.close()
    expect(calls).toEqual(['async', 'sync'])
  })

  it('is undone alone by its release', async () => {
    let disposed = 0
    const scope = new Scope('a')
    const release = scope.use({ [Symbol.dispose]: () => void disposed++ })
    await release()
    await release()
    await scope.close()
    expect(disposed).toBe(1)
  })

  it('refuses what cannot be disposed of', async () => {
    await using scope = new Scope('a')
    // @ts-expect-error -- what is tested
    expect(() => scope.use({})).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  it('leaves the thing to the caller once closing has begun', async () => {
    let disposed = 0
    const scope = new Scope('a')
    await scope.close()
    expect(() => scope.use({ [Symbol.dispose]: () => void disposed++ })).toThrow(
      expect.objectContaining({ code: 'SCOPE_CLOSED' }),
    )
    expect(disposed).toBe(0)
  })
})
