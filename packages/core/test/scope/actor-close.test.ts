import { describe, expect, it, vi } from 'vitest'
import { Scope, type CloseReport } from '../../src/scope/index.ts'
import { useFakeTime } from '../support/fake-time.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** Waits until it is told to stop, and rejects then, as fetch does. */
function listens(_: number, signal: AbortSignal): Promise<void> {
  return new Promise((_resolve, reject) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- as fetch does
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}

describe('closing the scope of an actor', () => {
  it('takes nothing in, handles what is queued, and runs finalizers after that', async () => {
    const scope = new Scope('a')
    const log: unknown[] = []
    scope.defer(() => log.push('finalizer'))
    const actor = scope.actor(async (message: number, signal) => {
      await turn()
      log.push(message)
      expect(signal.aborted).toBe(false)
    })
    await Promise.all([actor.send(1), actor.send(2)])
    const closed = scope.close()
    await expect(actor.send(3)).rejects.toMatchObject({ code: 'ACTOR_STOPPED', cause: { code: 'SCOPE_CLOSED' } })
    expect(await closed).toMatchObject({ released: 2, refused: [] })
    expect(log).toEqual([1, 2, 'finalizer'])
  })

  it('ends one that is idle at once', async () => {
    const scope = new Scope('a')
    scope.actor(() => {})
    expect(await scope.close()).toMatchObject({ released: 1, refused: [] })
  })

  it('rejects who waits for room', async () => {
    const scope = new Scope('a')
    const gate = Promise.withResolvers<void>()
    const actor = scope.actor<number>(() => gate.promise, { mailbox: 1, overflow: 'wait' })
    await actor.send(1)
    await turn()
    await actor.send(2)
    const waiting = expect(actor.send(3)).rejects.toMatchObject({ code: 'ACTOR_STOPPED' })
    const closed = scope.close()
    await waiting
    gate.resolve()
    expect((await closed).refused).toEqual([])
    expect(actor.counts.handled).toBe(2)
  })

  it('tells the handler to stop when the time to drain is over, before finalizers run, and reports what is left', async () => {
    useFakeTime()
    const scope = new Scope('a', { closeTimeout: 1_000 })
    const log: string[] = []
    scope.defer(() => log.push('finalizer'))
    const actor = scope.actor(async (message: number, signal) => {
      await listens(message, signal).finally(() => log.push('told to stop'))
    })
    await actor.send(1)
    await turn()
    const asked = expect(actor.ask(2)).rejects.toMatchObject({ code: 'ACTOR_STOPPED' })
    const closed = expect(scope.close()).rejects.toMatchObject({
      code: 'SCOPE_CLOSE_FAILED',
      errors: [{ code: 'ACTOR_NOT_DRAINED', facts: { path: 'a/actor', unhandled: 2 } }],
    })
    vi.advanceTimersByTime(449)
    await turn()
    expect(log).toEqual([])
    vi.advanceTimersByTime(1) // nine tenths of the joining, which is half of the close
    await asked
    await closed
    expect(log).toEqual(['told to stop', 'finalizer'])
  })

  it('gives it its own time to drain, where that is shorter', async () => {
    useFakeTime()
    const scope = new Scope('a')
    const actor = scope.actor(listens, { drain: 10 })
    await actor.send(1)
    await turn()
    const closed = expect(scope.close()).rejects.toMatchObject({ errors: [{ code: 'ACTOR_NOT_DRAINED' }] })
    vi.advanceTimersByTime(10)
    await closed
  })

  it('names a handler that ignores its signal, and how many messages are left', async () => {
    useFakeTime()
    const told: unknown[] = []
    const scope = new Scope('a', { closeTimeout: 100, onError: error => told.push(error) })
    const gate = Promise.withResolvers<void>()
    const actor = scope.actor<number>(() => gate.promise, { name: 'deaf' })
    await Promise.all([actor.send(1), actor.send(2), actor.send(3)])
    await turn()
    const closed = scope.close()
    vi.advanceTimersByTime(50)
    vi.advanceTimersByTime(50)
    expect((await closed).refused).toMatchObject([
      { path: 'a/deaf', kind: 'actor', name: 'deaf', detail: '2 messages unhandled' },
    ])
    expect(scope.snapshot().state).toBe('closed')
    gate.resolve()
    await turn()
    expect(scope.snapshot().resources).toEqual([])
    expect(told).toEqual([])
  })

  it('reports an actor that fails while it drains', async () => {
    const scope = new Scope('a', { onError: () => {} })
    const actor = scope.actor(
      () => {
        throw new Error('planted')
      },
      { maxRestarts: 0 },
    )
    const sent = Promise.all([actor.send(undefined), actor.send(undefined)])
    await expect(scope.close()).rejects.toMatchObject({ errors: [{ code: 'ACTOR_FAILED', facts: { unhandled: 1 } }] })
    await sent
  })

  it('can be done by its own handler, which does not wait for itself', async () => {
    const told: unknown[] = []
    const scope = new Scope('a', { onError: error => told.push(error) })
    const log: unknown[] = []
    scope.defer(() => log.push('finalizer'))
    const reports: CloseReport[] = []
    const actor = scope.actor(async (message: number) => {
      reports.push(await scope.close())
      log.push(message)
    })
    await Promise.all([actor.send(1), actor.send(2)])
    await turn()
    await turn()
    expect(log).toEqual(['finalizer', 1])
    expect(reports).toMatchObject([{ refused: [] }])
    expect(told).toMatchObject([{ code: 'ACTOR_NOT_DRAINED', facts: { unhandled: 1 } }])
    expect(scope.snapshot().resources).toEqual([])
  })

  it('can be done by the handler for somebody who asked, and whom the scope owns', async () => {
    const scope = new Scope('a')
    const actor = scope.actor<string, string>(async () => {
      await scope.close()
      return 'closed'
    })
    expect(await scope.task('asks', () => actor.ask('close'))).toBe('closed')
    expect(scope.snapshot().resources).toEqual([])
  })

  it('waits for an actor, though something that a handler of its started closes the scope', async () => {
    const scope = new Scope('a')
    const handled: string[] = []
    const { promise: later, resolve } = Promise.withResolvers<void>()
    const { promise: report, resolve: closed } = Promise.withResolvers<CloseReport>()
    const actor = scope.actor(async (message: string) => {
      if (message === 'start') void later.then(async () => closed(await scope.close()))
      else await turn()
      handled.push(message)
    })
    await actor.ask('start')
    await Promise.all([actor.send('one'), actor.send('two')])
    resolve()
    expect(await report).toMatchObject({ released: 1, refused: [] })
    expect(handled).toEqual(['start', 'one', 'two'])
  })
})

describe('stopping an actor', () => {
  it('handles what is queued, and tells what it could not', async () => {
    useFakeTime()
    await using scope = new Scope('a')
    const actor = scope.actor(listens)
    await Promise.all([actor.send(1), actor.send(2)])
    await turn()
    const stopped = expect(actor.stop()).rejects.toMatchObject({ code: 'ACTOR_NOT_DRAINED', facts: { unhandled: 2 } })
    vi.advanceTimersByTime(29_999)
    await turn()
    expect(scope.snapshot().resources).toHaveLength(1)
    vi.advanceTimersByTime(1)
    await stopped
    expect(scope.snapshot().resources).toEqual([])
  })

  it('can be shortened, never prolonged', async () => {
    await using scope = new Scope('a')
    const actor = scope.actor(listens)
    await actor.send(1)
    await turn()
    const stopped = [actor.stop(), actor.stop({ drain: 0 }), actor.stop()]
    for (const each of stopped) await expect(each).rejects.toMatchObject({ code: 'ACTOR_NOT_DRAINED' })
  })

  it('does not wait when its own handler asks for it', async () => {
    const told: unknown[] = []
    await using scope = new Scope('a', { onError: error => told.push(error) })
    const handled: number[] = []
    const actor = scope.actor(async (message: number) => {
      await actor.stop()
      handled.push(message)
    })
    await Promise.all([actor.send(1), actor.send(2)])
    await turn()
    expect(handled).toEqual([1, 2])
    expect(scope.snapshot().resources).toEqual([])
    expect(told).toEqual([])
  })

  it('is over when it is over', async () => {
    const scope = new Scope('a')
    const actor = scope.actor((message: string) => message)
    await actor.ask('x')
    await actor[Symbol.asyncDispose]()
    await actor.stop()
    await expect(actor.ask('x')).rejects.toMatchObject({ code: 'ACTOR_STOPPED' })
    expect(await scope.close()).toMatchObject({ released: 0, refused: [] })
  })
})
