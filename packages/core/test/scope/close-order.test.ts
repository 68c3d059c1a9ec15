import { describe, expect, it } from 'vitest'
import { Scope } from '../../src/scope/index.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise(resolve => signal.addEventListener('abort', resolve))

describe('the order of a close', () => {
  it('cancels the whole subtree at once, before it waits for anything', async () => {
    const order: string[] = []
    const root = new Scope('root')
    const child = root.child('child')
    const grandchild = child.child('grandchild')
    for (const scope of [root, child, grandchild]) {
      void scope.task('work', async signal => {
        await aborted(signal)
        order.push(`${scope.name} aborted`)
        await turn()
        order.push(`${scope.name} ended`)
      })
    }
    const closed = root.close()
    expect([root, child, grandchild].map(scope => scope.signal.aborted)).toEqual([true, true, true])
    await closed
    const last = order.findLastIndex(entry => entry.endsWith('aborted'))
    expect(order.findIndex(entry => entry.endsWith('ended'))).toBeGreaterThan(last)
    expect(order).toHaveLength(6)
  })

  it('aborts a parent before its children, and refuses new things everywhere from then on', async () => {
    const order: string[] = []
    const root = new Scope('root')
    const child = root.child('child')
    child.signal.addEventListener('abort', () => order.push('child'))
    root.signal.addEventListener('abort', () => {
      order.push('root')
      expect(() => root.defer(() => {})).toThrow(expect.objectContaining({ code: 'SCOPE_CLOSED' }))
    })
    await root.close()
    expect(order).toEqual(['root', 'child'])
    expect(() => child.defer(() => {})).toThrow(expect.objectContaining({ code: 'SCOPE_CLOSED' }))
  })

  it('joins tasks before any finalizer of the same scope', async () => {
    const order: string[] = []
    const scope = new Scope('a')
    void scope.task('older', async signal => {
      await aborted(signal)
      await turn()
      order.push('older task')
    })
    scope.defer(() => order.push('finalizer'))
    void scope.task('younger', async signal => {
      await aborted(signal)
      await turn()
      await turn()
      order.push('younger task')
    })
    await scope.close()
    expect(order).toEqual(['older task', 'younger task', 'finalizer'])
  })

  it('closes children, finalizers and all, before the finalizers of the parent, whatever the order of creation', async () => {
    const order: string[] = []
    const root = new Scope('root')
    const older = root.child('older')
    root.defer(() => order.push('root'))
    const younger = root.child('younger')
    older.defer(async () => {
      await turn()
      order.push('older')
    })
    younger.defer(() => order.push('younger'))
    await root.close()
    expect(order).toEqual(['younger', 'older', 'root'])
  })

  it('closes children at the same time', async () => {
    const root = new Scope('root')
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    // Each finalizer lets the other go on: in turn they would hang.
    root.child('a').defer(async () => {
      gates[0]?.resolve()
      await gates[1]?.promise
    })
    root.child('b').defer(async () => {
      gates[1]?.resolve()
      await gates[0]?.promise
    })
    expect((await root.close()).refused).toEqual([])
  })

  it('takes a child out of its parent when it closes by itself', async () => {
    const root = new Scope('root')
    const child = root.child('child')
    const slow = root.child('slow')
    slow.defer(turn)
    await child.close()
    await slow.close()
    expect(root.snapshot().resources).toEqual([])
  })

  it('survives finalizers and abort listeners that release others meanwhile', async () => {
    const calls: string[] = []
    const scope = new Scope('a')
    const releases: (() => unknown)[] = []
    const older = scope.defer(() => calls.push('oldest'))
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      releases.push(
        scope.defer(async () => {
          calls.push(name)
          await turn()
          await older()
        }),
      )
      releases.push(scope.timeout(() => {}, 10_000))
      const child = scope.child(name)
      child.signal.addEventListener('abort', () => releases.forEach(release => void release()))
    }
    await scope.close()
    expect(calls.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'oldest'])
    expect(scope.snapshot().resources).toEqual([])
  })
})
