import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Scope, type ResourceContext } from '../../src/scope/index.ts'

describe('disown', () => {
  it('gives up a thing that was used, and returns it', async () => {
    let disposed = 0
    const thing = { [Symbol.dispose]: () => void disposed++ }
    const scope = new Scope('a')
    const release = scope.use(thing)
    expect(scope.disown(thing)).toBe(thing)
    expect(scope.snapshot().resources).toEqual([])
    await release()
    await scope.close()
    expect(disposed).toBe(0)
  })

  it('makes a child scope a root of its own', async () => {
    const root = new Scope('root')
    const child = root.child('child')
    const { signal } = child
    root.disown(child)
    await root.close()
    expect(signal.aborted).toBe(false)
    expect(child.path).toBe('child')
    await child.close()
    expect(signal.aborted).toBe(true)
  })

  it('gives up a task, which is neither aborted nor awaited then', async () => {
    const gate = Promise.withResolvers<string>()
    const scope = new Scope('a', { closeTimeout: 1_000 })
    const task = scope.task('detached', async signal => `${await gate.promise} ${signal.aborted}`)
    void scope.disown(task)
    expect(await scope.close()).toMatchObject({ released: 0, refused: [] })
    gate.resolve('aborted:')
    expect(await task).toBe('aborted: false')
  })

  it('gives up functions, listeners and iterations', async () => {
    const scope = new Scope('a')
    const emitter = new EventEmitter()
    let calls = 0
    const fn = (): number => calls++
    scope.defer(fn)
    scope.disown(fn)
    scope.on(emitter, 'data', fn)
    scope.disown(fn)
    const iterator = scope.iterate(
      (async function* () {
        yield 1
      })(),
    )
    scope.disown(iterator)
    await scope.close()
    emitter.emit('data')
    expect(calls).toBe(1)
    expect(await iterator.next()).toEqual({ done: false, value: 1 })
  })

  it('tells the scope and its ancestors, until they listen no more', () => {
    const told: string[] = []
    const root = new Scope('root')
    const child = root.child('child')
    const listener =
      (who: string) =>
      (_resource: unknown, { path, kind }: ResourceContext): void =>
        void told.push(`${who}: ${kind} ${path}`)
    const off = root.onDisown(listener('root'))
    child.onDisown(listener('child'))
    const thing = { [Symbol.dispose]: () => {} }
    child.use(thing)
    child.disown(thing)
    off()
    child.use(thing)
    child.disown(thing)
    expect(told).toEqual([
      'child: use root/child/Object',
      'root: use root/child/Object',
      'child: use root/child/Object',
    ])
  })

  it('refuses what the scope does not own', () => {
    const root = new Scope('root')
    const grandchild = root.child('child').child('grandchild')
    expect(() => root.disown({})).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(() => root.disown(grandchild)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })

  it('gives up a pool, which whoever has it then can still close', async () => {
    const scope = new Scope('a')
    const destroyed: number[] = []
    const pool = scope.disown(scope.pool({ create: () => 1, destroy: value => void destroyed.push(value) }))
    await pool.use(() => {})
    await scope.close()
    expect(destroyed).toEqual([])
    await Promise.all([pool.close(), pool.close()])
    expect(destroyed).toEqual([1])
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'POOL_CLOSED' })
  })

  it('lets a close that waits for it end', async () => {
    const scope = new Scope('a')
    const task = scope.task('stubborn', () => new Promise(() => {}))
    const closed = scope.close()
    void scope.disown(task)
    expect(await closed).toMatchObject({ released: 0, refused: [] })
  })
})
