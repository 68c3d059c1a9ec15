import { AsyncLocalStorage } from 'node:async_hooks'
import { getEventListeners } from 'node:events'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { isOakumError } from '../../src/errors/index.ts'
import { Scope, type Overflow } from '../../src/scope/index.ts'
import { useFakeTime } from '../support/fake-time.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** A handler that waits, at each message, to be let go. */
function gated<M>(): { handler: (message: M) => Promise<M>; handled: M[]; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const handled: M[] = []
  return {
    handled,
    open: resolve,
    async handler(message) {
      await promise
      handled.push(message)
      return message
    },
  }
}

/** The codes of the errors that calls reject with; undefined for those that do not. */
async function codes(calls: readonly Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(calls)
  return settled.map(result => {
    if (result.status === 'fulfilled') return undefined
    return isOakumError(result.reason) ? result.reason.code : String(result.reason)
  })
}

function fails(): never {
  throw new Error('planted')
}

/** Sends four messages to an actor that is busy and has room for two. */
async function fill(overflow: Overflow): Promise<{ results: unknown[]; handled: number[]; dropped: number }> {
  await using scope = new Scope('a')
  const { handler, handled, open } = gated<number>()
  const actor = scope.actor(handler, { mailbox: 2, overflow })
  await actor.send(0)
  await turn() // it is being handled, and the mailbox empty
  const sent = [actor.send(1), actor.ask(2), actor.send(3), actor.ask(4)]
  expect(actor.counts).toMatchObject({ queued: 2, waiting: overflow === 'wait' ? 2 : 0 })
  open()
  const results = await codes(sent)
  await actor.stop()
  return { results, handled, dropped: actor.counts.dropped }
}

describe('an actor', () => {
  it('handles one message at a time, in order, and never inside of send', async () => {
    await using scope = new Scope('a')
    const log: string[] = []
    const actor = scope.actor(async (message: number) => {
      log.push(`${message} begins`)
      await turn()
      log.push(`${message} ends`)
    })
    const sent = [1, 2].map(message => actor.send(message))
    log.push('sent')
    await Promise.all(sent)
    await actor.stop()
    expect(log).toEqual(['sent', '1 begins', '1 ends', '2 begins', '2 ends'])
    expect(actor.counts).toEqual({ queued: 0, waiting: 0, handled: 2, failed: 0, dropped: 0 })
  })

  it('answers, and passes on what the handler throws', async () => {
    const told: unknown[] = []
    await using scope = new Scope('a', { onError: (error, { path }) => told.push([path, String(error)]) })
    const actor = scope.actor(
      (divisor: number) => {
        if (divisor === 0) throw new Error('by zero')
        return 12 / divisor
      },
      { name: 'divider' },
    )
    expect(await actor.ask(4)).toBe(3)
    await expect(actor.ask(0)).rejects.toThrow('by zero')
    expect(await actor.ask(3)).toBe(4)
    expect(told).toEqual([['a/divider', 'Error: by zero']])
  })

  it('lets others have their turn while it sends to itself', async () => {
    await using scope = new Scope('a')
    const actor = scope.actor((n: number) => void (others === 0 && actor.send(n + 1)))
    let others = 0
    await actor.send(0)
    await turn()
    others++
    await actor.stop()
    expect(actor.counts.handled).toBeGreaterThan(1)
  })

  it('handles each message in the context that it was made in, an asked one in that of who asks', async () => {
    await using scope = new Scope('a')
    const context = new AsyncLocalStorage<string>()
    const actor = context.run('maker', () => scope.actor<string, unknown>(() => context.getStore()))
    const told: unknown[] = []
    const sends = context.run('maker', () => scope.actor<string>(() => void told.push(context.getStore())))
    await context.run('sender', () => sends.send('x'))
    await sends.stop()
    expect(told).toEqual(['maker'])
    expect(await context.run('asker', () => actor.ask('x'))).toBe('asker')
  })

  it('is shown in snapshots, and can be disowned', async () => {
    const scope = new Scope('a')
    const actor = scope.actor((message: string) => message, { name: 'writer' })
    expect(scope.snapshot().resources).toMatchObject([{ kind: 'actor', name: 'writer' }])
    scope.disown(actor)
    await scope.close()
    expect(await actor.ask('still there')).toBe('still there')
    await actor.stop()
    expect(await codes([actor.send('late')])).toEqual(['ACTOR_STOPPED'])
  })

  it.each([
    { mailbox: 0 },
    { mailbox: 1.5 },
    { maxRestarts: -1 },
    { drain: Number.NaN },
    { restartPeriod: -1 },
    { overflow: 'drop-all' },
  ])('is not made with %o', async (options: object) => {
    await using scope = new Scope('a')
    expect(() => scope.actor(() => {}, options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(scope.snapshot().resources).toEqual([])
  })
})

describe('a full mailbox', () => {
  it.each<[Overflow, unknown[], number[], number]>([
    ['reject', [undefined, undefined, 'MAILBOX_FULL', 'MAILBOX_FULL'], [0, 1, 2], 0],
    ['wait', [undefined, undefined, undefined, undefined], [0, 1, 2, 3, 4], 0],
    ['drop-oldest', [undefined, 'MAILBOX_FULL', undefined, undefined], [0, 3, 4], 2],
    ['drop-newest', [undefined, undefined, undefined, 'MAILBOX_FULL'], [0, 1, 2], 2],
  ])('does as told: %s', async (overflow, results, handled, dropped) => {
    expect(await fill(overflow)).toEqual({ results, handled, dropped })
  })

  it('rejects when nothing was said, after 1,000', async () => {
    await using scope = new Scope('a')
    const { handler, open } = gated<number>()
    const actor = scope.actor(handler)
    await actor.send(-1)
    await turn()
    const sent = await codes(Array.from({ length: 1_001 }, (_, n) => actor.send(n)))
    expect(sent.filter(code => code !== undefined)).toEqual(['MAILBOX_FULL'])
    expect(sent[1_000]).toBe('MAILBOX_FULL')
    open()
    await actor.stop()
    expect(actor.counts.handled).toBe(1_001)
  })

  it('refuses the handler, which would wait for itself, and keeps order for the others', async () => {
    const errors: unknown[] = []
    await using scope = new Scope('a', { onError: error => errors.push(error) })
    const results: unknown[] = []
    const actor = scope.actor(
      async (message: string): Promise<void> => {
        if (message === 'first') results.push(...(await codes([actor.send('own'), actor.ask('own')])))
        else results.push(message)
      },
      { mailbox: 1, overflow: 'wait' },
    )
    await Promise.all([actor.send('first'), actor.send('second'), actor.send('third')])
    await actor.stop()
    expect(results).toEqual(['MAILBOX_FULL', 'INVALID_OPTION', 'second', 'third'])
    expect(errors).toEqual([])
  })
})

describe('a sender that waits', () => {
  it('may give up, by its signal or after a time, and leaves nothing', async () => {
    useFakeTime()
    await using scope = new Scope('a')
    const { handler, handled, open } = gated<number>()
    const actor = scope.actor(handler, { mailbox: 1, overflow: 'wait' })
    const [queued, waiting] = [new AbortController(), new AbortController()]
    await actor.send(0)
    await turn()
    const results = codes([
      actor.ask(1, { signal: queued.signal }),
      actor.send(2, { signal: waiting.signal }),
      actor.send(3, { timeout: 50 }),
      actor.ask(4, { timeout: 50 }),
      actor.send(5),
    ])
    waiting.abort()
    const { signal } = waiting
    expect(await codes([actor.send(6, { signal }), actor.send(7, { timeout: -1 })])).toEqual([
      'ABORTED',
      'INVALID_OPTION',
    ])
    vi.advanceTimersByTime(50)
    expect(actor.counts).toMatchObject({ queued: 1, waiting: 1 })
    queued.abort()
    expect(actor.counts).toMatchObject({ queued: 1, waiting: 0 })
    open()
    expect(await results).toEqual(['ABORTED', 'ABORTED', 'TIMEOUT', 'TIMEOUT', undefined])
    await actor.stop()
    expect(handled).toEqual([0, 5])
    expect([queued, waiting].flatMap(each => getEventListeners(each.signal, 'abort'))).toEqual([])
  })

  it('is told when the answer takes too long, while the handler goes on', async () => {
    useFakeTime()
    await using scope = new Scope('a')
    const { handler, handled, open } = gated<number>()
    const actor = scope.actor(handler)
    const asked = codes([actor.ask(1, { timeout: 10 })])
    await turn()
    vi.advanceTimersByTime(10)
    expect(await asked).toEqual(['TIMEOUT'])
    open()
    await actor.stop()
    expect(handled).toEqual([1])
  })
})

describe('an actor whose handler fails', () => {
  it('goes on with the next message, as often as it may', async () => {
    useFakeTime()
    const told: string[] = []
    await using scope = new Scope('a', { onError: error => told.push(String(error)) })
    const actor = scope.actor(fails)
    for (let n = 0; n < 6; n++) {
      await actor.send(undefined)
      await turn()
      vi.advanceTimersByTime(2_000) // three within five seconds, again and again
    }
    expect(told).toHaveLength(6)
    expect(scope.snapshot().resources).toHaveLength(1)
  })

  it('has failed itself after one more, tells so, and leaves its scope', async () => {
    const told: unknown[] = []
    await using scope = new Scope('a', { onError: error => told.push(error) })
    const actor = scope.actor((n: number) => (n === 5 ? n : fails()))
    const results = codes([0, 1, 2, 3, 4, 5].map(n => (n < 4 ? actor.send(n) : actor.ask(n))))
    expect(await results).toEqual([undefined, undefined, undefined, undefined, 'ACTOR_STOPPED', 'ACTOR_STOPPED'])
    expect(told.slice(0, -1)).toMatchObject(Array.from({ length: 4 }, () => ({ message: 'planted' })))
    expect(told.at(-1)).toMatchObject({
      code: 'ACTOR_FAILED',
      facts: { path: 'a/actor', unhandled: 2 },
      cause: { message: 'planted' },
    })
    await expect(actor.send(6)).rejects.toMatchObject({ code: 'ACTOR_STOPPED', cause: { code: 'ACTOR_FAILED' } })
    expect(scope.snapshot().resources).toEqual([])
    await actor.stop()
  })
})

it('keeps order and bound whatever is sent, dropped, handled and withdrawn', async () => {
  type Step = { do: 'send' | 'handle' | 'withdraw'; which: number }
  const steps = fc.array(
    fc.record({
      do: fc.constantFrom<Step['do']>('send', 'send', 'handle', 'withdraw'),
      which: fc.nat(9),
    }),
    { maxLength: 40 },
  )
  const overflows = fc.constantFrom<Overflow>('reject', 'wait', 'drop-oldest', 'drop-newest')
  await fc.assert(
    fc.asyncProperty(steps, overflows, fc.integer({ min: 1, max: 4 }), async (script, overflow, mailbox) => {
      await using scope = new Scope('a')
      const handled: number[] = []
      let next: (() => void) | undefined
      let isOpen = false
      const actor = scope.actor(
        (message: number) => {
          handled.push(message)
          return isOpen ? undefined : new Promise<void>(resolve => (next = resolve))
        },
        { mailbox, overflow },
      )
      // The model: what is at hand, what is queued, what waits.
      let busy = false
      const expected: number[] = []
      let queued: number[] = []
      let waiting: number[] = []
      const senders = new Map<number, AbortController>()
      const calls: Promise<unknown>[] = []
      const settle = (): void => {
        if (!busy && queued.length > 0) {
          expected.push(queued.shift() ?? -1)
          busy = true
        }
        while (queued.length < mailbox && waiting.length > 0) queued.push(waiting.shift() ?? -1)
      }
      for (const [n, step] of script.entries()) {
        if (step.do === 'send') {
          const controller = new AbortController()
          senders.set(n, controller)
          calls.push(actor.send(n, { signal: controller.signal }).catch(() => {}))
          if (queued.length < mailbox) queued.push(n)
          else if (overflow === 'wait') waiting.push(n)
          else if (overflow === 'drop-oldest') queued = [...queued.slice(1), n]
        } else if (step.do === 'handle') {
          next?.()
          next = undefined
          busy = false
        } else {
          const [who] = waiting.slice(step.which % Math.max(1, waiting.length))
          if (who !== undefined) senders.get(who)?.abort()
          waiting = waiting.filter(other => other !== who)
        }
        expect(actor.counts.queued).toBeLessThanOrEqual(mailbox)
        await turn()
        settle()
        expect(handled).toEqual(expected)
        expect(actor.counts).toMatchObject({ queued: queued.length, waiting: waiting.length })
      }
      isOpen = true
      next?.()
      await Promise.all(calls) // who still waits gets in
      await actor.stop()
      expect(handled).toEqual([...expected, ...queued, ...waiting])
    }),
    { numRuns: 100 },
  )
})
