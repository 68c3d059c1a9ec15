import { setTimeout as pause } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { Scope, type CloseReport } from '../../src/scope/index.ts'
import { useFakeTime } from '../support/fake-time.ts'

// Time stands still for the scopes: a close that waited for its deadline would wait for ever.
beforeEach(useFakeTime)

describe('close() from code that the scope runs', () => {
  it('does not wait for the task that calls it, while a caller from outside does', async () => {
    const order: string[] = []
    const scope = new Scope('a')
    scope.defer(() => order.push('finalizer'))
    const task = scope.task('self', async () => {
      await pause(1)
      const report = await scope.close()
      order.push('closed from within')
      await pause(20)
      order.push('task ended')
      return report
    })
    const outside = pause(5).then(async () => {
      const report = await scope.close()
      order.push('closed from outside')
      return report
    })
    const [within, from] = await Promise.all([task, outside])
    expect(order).toEqual(['finalizer', 'closed from within', 'task ended', 'closed from outside'])
    expect(within).toMatchObject({ released: 1, refused: [] })
    expect(from).toMatchObject({ released: 2, refused: [] })
  })

  it('does not deadlock when an outside close runs already', async () => {
    const scope = new Scope('a')
    const task = scope.task('self', async signal => {
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      return scope.close()
    })
    const report = await scope.close()
    expect((await task).refused).toEqual([])
    expect(report).toMatchObject({ released: 1, refused: [] })
  })

  it('may come from an abort listener, in the midst of the cancelling', async () => {
    const scope = new Scope('a')
    const child = scope.child('child')
    const task = child.task(
      'self',
      signal =>
        new Promise<CloseReport>(resolve => {
          signal.addEventListener('abort', () => resolve(scope.close()))
        }),
    )
    const report = await scope.close()
    expect((await task).refused).toEqual([])
    expect(report.refused).toEqual([])
  })

  it('lets a task of a child, or of a grandchild, close the parent', async () => {
    for (const depth of [1, 2]) {
      const root = new Scope('root')
      const order: string[] = []
      root.defer(() => order.push('root'))
      const child = root.child('child')
      child.defer(() => order.push('child'))
      const below = depth === 1 ? child : child.child('below')
      const report = await below.task('closer', async () => {
        await pause(1)
        return root.close()
      })
      expect(order).toEqual(['child', 'root'])
      expect(report.refused).toEqual([])
      const outside = await root.close()
      expect(outside.refused).toEqual([])
      expect(root.snapshot().resources).toEqual([])
    }
  })

  it('still waits for the caller in a close of a scope above', async () => {
    const order: string[] = []
    const root = new Scope('root')
    const child = root.child('child')
    root.defer(() => order.push('root finalizer'))
    const task = child.task('closes its own', async signal => {
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      await child.close()
      await pause(20)
      order.push('task ended')
    })
    await root.close()
    await task
    expect(order).toEqual(['task ended', 'root finalizer'])
  })

  it('lets two tasks of one scope close it at once', async () => {
    const scope = new Scope('a')
    const closer = async (): Promise<CloseReport> => {
      await pause(1)
      return scope.close()
    }
    const reports = await Promise.all([scope.task('one', closer), scope.task('two', closer)])
    for (const { refused } of reports) expect(refused).toEqual([])
  })

  it('lets two tasks close each other’s scope', async () => {
    const a = new Scope('a')
    const b = new Scope('b')
    const reports = await Promise.all([
      a.task('closes b', async () => {
        await pause(1)
        return b.close()
      }),
      b.task('closes a', async () => {
        await pause(1)
        return a.close()
      }),
    ])
    for (const { refused } of reports) expect(refused).toEqual([])
    expect((await a.close()).refused).toEqual([])
    expect((await b.close()).refused).toEqual([])
  })

  it('lets tasks close one another in a ring of three, below a common parent that closes as well', async () => {
    const root = new Scope('root')
    const scopes = ['a', 'b', 'c'].map(name => root.child(name))
    const tasks = scopes.map((scope, n) =>
      scope.task('closes the next', async () => {
        await pause(n)
        await scopes[(n + 1) % scopes.length]?.close()
      }),
    )
    await pause(1)
    const report = await root.close()
    await Promise.all(tasks)
    expect(report.refused).toEqual([])
  })

  it('lets the task of a task close the scope of both', async () => {
    const scope = new Scope('a')
    const report = await scope.task('outer', () =>
      scope.child('tool').task('inner', async () => {
        await pause(1)
        return scope.close()
      }),
    )
    expect(report.refused).toEqual([])
  })

  it('waits for a task that closes some other scope in the course of its work', async () => {
    const order: string[] = []
    const scope = new Scope('a')
    scope.defer(() => order.push('finalizer'))
    void scope.task('works', async () => {
      const own = scope.child('own')
      own.defer(() => pause(20))
      await own.close()
      await pause(10)
      order.push('task ended')
    })
    await scope.close()
    expect(order).toEqual(['task ended', 'finalizer'])
  })

  it('is not a deadlock in a finalizer, of its own scope or of one below', async () => {
    const root = new Scope('root')
    const child = root.child('child')
    const reports: CloseReport[] = []
    root.defer(() => root.close())
    root.defer(async () => {
      reports.push(await root.close())
      await pause(5)
    })
    child.defer(async () => {
      reports.push(await root.close())
    })
    const report = await root.close()
    expect(report).toMatchObject({ refused: [], released: 4 })
    expect(reports).toHaveLength(2)
  })

  it('is not a deadlock in a function that is released early', async () => {
    const scope = new Scope('a')
    let older = 0
    scope.defer(() => older++)
    const release = scope.defer(async () => void (await scope.close()))
    await release()
    expect(older).toBe(1)
    expect((await scope.close()).refused).toEqual([])
  })

  it('keeps no memory of callers that have ended', async () => {
    const scope = new Scope('a')
    // Each task starts its successor and ends: code of an ended task must not count as a caller.
    const last = Promise.withResolvers<void>()
    const chain = async (left: number): Promise<void> => {
      if (left > 0) void scope.task(`${left}`, () => pause(0).then(() => chain(left - 1)))
      else last.resolve()
    }
    await chain(20)
    await last.promise
    expect((await scope.close()).refused).toEqual([])
  })
})
