import { EventEmitter, getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Scope } from '../../src/scope/index.ts'

describe('on', () => {
  it('listens to an emitter until the scope is closed', async () => {
    const emitter = new EventEmitter()
    const heard: unknown[] = []
    const scope = new Scope('a')
    scope.on(emitter, 'data', (first, second) => heard.push([first, second]))
    emitter.emit('data', 1, 2)
    await scope.close()
    emitter.emit('data', 3, 4)
    expect(heard).toEqual([[1, 2]])
    expect(emitter.listenerCount('data')).toBe(0)
  })

  it.each([
    ['an EventTarget', new EventTarget()],
    ['an AbortSignal', new AbortController().signal],
  ])('leaves no listener on %s', async (_what, target) => {
    const scope = new Scope('a')
    let heard = 0
    const release = scope.on(target, 'abort', () => heard++)
    scope.on(target, 'abort', () => heard++)
    target.dispatchEvent(new Event('abort'))
    expect(heard).toBe(2)
    release()
    release()
    expect(getEventListeners(target, 'abort')).toHaveLength(1)
    await scope.close()
    expect(getEventListeners(target, 'abort')).toHaveLength(0)
  })

  it('hears one event only with once, and leaves the scope then', () => {
    const emitter = new EventEmitter()
    const scope = new Scope('a')
    let heard = 0
    scope.on(emitter, 'data', () => heard++, { once: true })
    emitter.emit('data')
    emitter.emit('data')
    expect(heard).toBe(1)
    expect(scope.snapshot().resources).toEqual([])
  })

  it('stays while tasks wind down, and goes in its turn among the finalizers', async () => {
    const emitter = new EventEmitter()
    const order: string[] = []
    const scope = new Scope('a')
    scope.defer(() => order.push(`older finalizer, ${emitter.listenerCount('exit')} listeners`))
    scope.on(emitter, 'exit', () => order.push('heard'))
    scope.defer(() => order.push(`younger finalizer, ${emitter.listenerCount('exit')} listener`))
    void scope.task('wind down', async signal => {
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      emitter.emit('exit')
    })
    await scope.close()
    expect(order).toEqual(['heard', 'younger finalizer, 1 listener', 'older finalizer, 0 listeners'])
  })

  it('tells onError of what a listener threw, and spares the one who emits', async () => {
    const emitter = new EventEmitter()
    const told: string[] = []
    await using scope = new Scope('a', { onError: (error, { kind }) => told.push(`${kind}: ${String(error)}`) })
    scope.on(emitter, 'data', () => {
      throw new Error('sync')
    })
    scope.on(emitter, 'data', async () => {
      throw new Error('async')
    })
    emitter.emit('data')
    await Promise.resolve()
    await Promise.resolve()
    expect(told).toEqual(['listener: Error: sync', 'listener: Error: async'])
  })

  it('waits for a listener in flight, but not for one that closes the scope', async () => {
    const emitter = new EventEmitter()
    const gate = Promise.withResolvers<void>()
    const order: string[] = []
    const scope = new Scope('a')
    scope.on(emitter, 'slow', async () => {
      await gate.promise
      order.push('listener ended')
    })
    scope.on(emitter, 'stop', async () => {
      await Promise.resolve()
      await scope.close()
      order.push('closed from within')
    })
    emitter.emit('slow')
    emitter.emit('stop')
    gate.resolve()
    const outside = await scope.close()
    expect(order).toEqual(['listener ended', 'closed from within'])
    expect(outside.refused).toEqual([])
  })

  it('refuses what emits nothing', () => {
    expect(() =>
      new Scope('a').on(
        // @ts-expect-error -- what is tested
        {},
        'x',
        () => {},
      ),
    ).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})
