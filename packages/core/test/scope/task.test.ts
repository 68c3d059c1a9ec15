import { getEventListeners } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { isOakumError } from '../../src/errors/index.ts'
import { Scope } from '../../src/scope/index.ts'
import { until } from '../support/until.ts'

describe('task', () => {
  it('gives its value to who awaits it, and leaves the scope', async () => {
    const scope = new Scope('a')
    expect(await scope.task('answer', async () => 42)).toBe(42)
    expect(scope.snapshot().resources).toEqual([])
  })

  it('is aborted with an Oakum error that carries the reason, and awaited', async () => {
    const scope = new Scope('a')
    let reason: unknown
    let ended = false
    void scope.task('work', async signal => {
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      reason = signal.reason
      await pause(20)
      ended = true
    })
    const why = new Error('no more money')
    await scope.close(why)
    expect(ended).toBe(true)
    expect(isOakumError(reason, 'SCOPE_CLOSED')).toBe(true)
    expect(reason).toHaveProperty('cause', why)
  })

  it('counts a rejection with the abort reason as a normal end of a close', async () => {
    const told: unknown[] = []
    const scope = new Scope('a', { onError: error => told.push(error) })
    void scope.task('sleep', signal => pause(60_000, undefined, { signal }))
    void scope.task('throw', async signal => {
      await new Promise(resolve => signal.addEventListener('abort', resolve))
      signal.throwIfAborted()
    })
    expect(await scope.close()).toMatchObject({ released: 2, refused: [] })
    expect(told).toEqual([])
  })

  it('tells onError as well as who awaits', async () => {
    const told: unknown[] = []
    const scope = new Scope('a', { onError: (error, context) => told.push([error, context]) })
    const error = new Error('broken')
    const awaited = scope.task('awaited', () => Promise.reject(error))
    await expect(awaited).rejects.toBe(error)
    expect(told).toEqual([[error, { path: 'a/awaited', kind: 'task', name: 'awaited' }]])
  })

  it('is an unhandled rejection only where nobody hears of it', async () => {
    const unhandled: unknown[] = []
    // Vitest counts an unhandled rejection as a failure of the run; it listens like everybody else.
    const others = process.rawListeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', error => void unhandled.push(error))
    try {
      const loud = new Scope('loud')
      const quiet = new Scope('quiet', { onError: () => {} })
      void quiet.task('heard', () => Promise.reject(new Error('heard')))
      void loud.task('unheard', () => Promise.reject(new Error('unheard')))
      await until(() => unhandled.length > 0)
      await pause(0)
      expect(unhandled).toEqual([new Error('unheard')])
    } finally {
      process.removeAllListeners('unhandledRejection')
      for (const other of others)
        process.on('unhandledRejection', (...values) => void Reflect.apply(other, process, values))
    }
  })

  it('rejects with what the work threw before its first await', async () => {
    const scope = new Scope('a')
    const task = scope.task('x', () => {
      throw new Error('at once')
    })
    await expect(task).rejects.toThrow('at once')
  })

  it('rejects with SCOPE_CLOSED once closing has begun, and does not start the work', async () => {
    const scope = new Scope('a')
    await scope.close()
    let started = false
    await expect(scope.task('late', async () => void (started = true))).rejects.toMatchObject({ code: 'SCOPE_CLOSED' })
    expect(started).toBe(false)
  })

  it('leaves no listener on the signal of a long-lived scope, and never a warning', async () => {
    const warnings: Error[] = []
    const listener = (warning: Error): void => void warnings.push(warning)
    process.on('warning', listener)
    const scope = new Scope('a')
    for (let n = 0; n < 100; n++) {
      await scope.task('sleep', signal => pause(0, undefined, { signal }))
      scope.child('c')
    }
    expect(getEventListeners(scope.signal, 'abort')).toHaveLength(0)
    await scope.close()
    await pause(0)
    process.off('warning', listener)
    expect(warnings).toEqual([])
  })
})
