import { describe, expect, it } from 'vitest'
import { Scope } from '../../src/scope/index.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

describe('closing more than once', () => {
  it.each([
    ['at once', () => {}],
    ['taking its time', turn],
  ])('gives the same promise, %s', async (_how, finalizer) => {
    let calls = 0
    const scope = new Scope('a')
    scope.defer(() => {
      calls++
      return finalizer()
    })
    const first = scope.close()
    expect(scope.close()).toBe(first)
    await first
    expect(scope.close()).toBe(first)
    expect(calls).toBe(1)
  })

  it('lets many callers close a tree at the same time', async () => {
    const calls: string[] = []
    const root = new Scope('root')
    const child = root.child('child')
    child.defer(async () => {
      await turn()
      calls.push('child')
    })
    root.defer(async () => {
      await turn()
      calls.push('root')
    })
    const reports = await Promise.all([child.close(), root.close(), child.close(), root.close()])
    expect(calls).toEqual(['child', 'root'])
    for (const { refused } of reports) expect(refused).toEqual([])
  })

  it('may be asked of a child whose parent has closed it', async () => {
    const root = new Scope('root')
    const child = root.child('child')
    child.defer(() => {})
    await root.close()
    expect(await child.close()).toMatchObject({ released: 0, refused: [] })
  })

  it('may be asked of a child in the midst of the parent’s close', async () => {
    const calls: string[] = []
    const root = new Scope('root')
    const child = root.child('child')
    child.defer(() => calls.push('child'))
    let closed: Promise<unknown> | undefined
    root.signal.addEventListener('abort', () => {
      closed = child.close()
    })
    root.defer(() => calls.push('root'))
    await root.close()
    await closed
    expect(calls).toEqual(['child', 'root'])
  })
})
