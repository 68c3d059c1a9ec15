import { EventEmitter, on } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Scope } from '../../src/scope/index.ts'

/** Counts up for ever, and tells how often it was asked to return. */
function counter(): AsyncIterable<number> & { returns: number; failOnReturn?: Error } {
  let value = 0
  return {
    returns: 0,
    [Symbol.asyncIterator]() {
      return {
        next: async () => ({ done: false, value: value++ }),
        return: async () => {
          this.returns++
          if (this.failOnReturn !== undefined) throw this.failOnReturn
          return { done: true, value: undefined }
        },
      }
    },
  }
}

/** Its `next()` never settles. */
function silence(): AsyncIterable<never> & { returns: number } {
  return {
    returns: 0,
    [Symbol.asyncIterator]() {
      return {
        next: () => new Promise<never>(() => {}),
        return: async () => {
          this.returns++
          return { done: true, value: undefined }
        },
      }
    },
  }
}

describe('iterate', () => {
  it('passes the values on, and calls return once when the consumer breaks', async () => {
    const source = counter()
    const scope = new Scope('a')
    const seen: number[] = []
    for await (const value of scope.iterate(source)) {
      seen.push(value)
      if (value === 2) break
    }
    expect(seen).toEqual([0, 1, 2])
    expect(source.returns).toBe(1)
    expect(scope.snapshot().resources).toEqual([])
    await scope.close()
    expect(source.returns).toBe(1)
  })

  it('ends when the scope closes: pending calls of next are done, return is called once', async () => {
    const source = silence()
    const scope = new Scope('a')
    const iterator = scope.iterate(source)
    const pending = [iterator.next(), iterator.next()]
    expect(await scope.close()).toMatchObject({ released: 1, refused: [] })
    expect(await Promise.all(pending)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ])
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    await iterator.return?.()
    expect(source.returns).toBe(1)
  })

  it('leaves the scope when the source ends or fails by itself, without return', async () => {
    const scope = new Scope('a')
    const seen: number[] = []
    for await (const value of scope.iterate(
      (async function* () {
        yield 1
      })(),
    )) {
      seen.push(value)
    }
    expect(seen).toEqual([1])
    const failing = scope.iterate({
      [Symbol.asyncIterator]: () => ({
        next: () => {
          throw new Error('source broke')
        },
      }),
    })
    await expect(failing.next()).rejects.toThrow('source broke')
    expect(await failing.next()).toEqual({ done: true, value: undefined })
    expect(scope.snapshot().resources).toEqual([])
  })

  it('runs the finally of a generator before the finalizers', async () => {
    const order: string[] = []
    const scope = new Scope('a')
    scope.defer(() => order.push('finalizer'))
    const iterator = scope.iterate(
      (async function* () {
        try {
          yield 1
          yield 2
        } finally {
          order.push('generator')
        }
      })(),
    )
    await iterator.next()
    await scope.close()
    expect(order).toEqual(['generator', 'finalizer'])
  })

  it('gathers what return threw', async () => {
    const source = counter()
    source.failOnReturn = new Error('return broke')
    const scope = new Scope('a')
    await scope.iterate(source).next()
    await expect(scope.close()).rejects.toMatchObject({ code: 'SCOPE_CLOSE_FAILED', errors: [source.failOnReturn] })
  })

  it('names a source whose return hangs', async () => {
    const gate = Promise.withResolvers<void>()
    const scope = new Scope('a', { closeTimeout: 60 })
    const iterator = scope.iterate(
      (async function* () {
        await gate.promise
        yield 1
      })(),
    )
    const pending = iterator.next()
    const report = await scope.close()
    expect(report.refused).toMatchObject([{ path: 'a/iteration', kind: 'iteration' }])
    expect(await pending).toEqual({ done: true, value: undefined })
    gate.resolve()
  })

  it('leaves no listener on what it reads from', async () => {
    const emitter = new EventEmitter()
    const scope = new Scope('a')
    const iterator = scope.iterate(on(emitter, 'data'))
    emitter.emit('data', 1)
    expect(await iterator.next()).toEqual({ done: false, value: [1] })
    await scope.close()
    expect(emitter.listenerCount('data') + emitter.listenerCount('error')).toBe(0)
  })

  it('does not ask a source for its iterator once closing has begun', async () => {
    const scope = new Scope('a')
    await scope.close()
    let asked = false
    const source: AsyncIterable<never> = {
      [Symbol.asyncIterator]() {
        asked = true
        return { next: () => new Promise<never>(() => {}) }
      },
    }
    expect(() => scope.iterate(source)).toThrow(expect.objectContaining({ code: 'SCOPE_CLOSED' }))
    expect(asked).toBe(false)
  })
})
