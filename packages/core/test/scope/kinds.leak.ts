/**
 * Each kind of resource by itself: closed with its scope, or released early from one that lives on, it leaves nothing; and
 * code that forgets to release it is named.
 */
import { EventEmitter, getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectCaught, expectClean, LARGE } from '../../../leaktest/test/support/pair.ts'
import { Scope } from '../../src/scope/index.ts'

const emitter = new EventEmitter().setMaxListeners(0)

/** Takes something, and returns what releases it ahead of its scope. */
type Acquire = (scope: Scope) => () => unknown

/** What is made here and stays is the caller's mistake, and this function is the site. */
const KINDS: Readonly<Record<string, Acquire>> = {
  defers: scope => scope.defer(() => {}),
  uses: scope => scope.use({ [Symbol.dispose]: () => {} }),
  delays: scope => scope.timeout(() => {}, 60_000),
  repeats: scope => scope.interval(() => {}, 60_000),
  listens: scope => scope.on(emitter, 'data', () => {}),
  listensToSignal: scope => scope.on(scope.signal, 'abort', () => {}),
  isToldOfDisowned: scope => scope.onDisown(() => {}),
  works(scope) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const task = scope.task('work', signal => {
      signal.addEventListener('abort', () => resolve())
      return promise
    })
    return () => {
      resolve()
      return task
    }
  },
  iterates(scope) {
    const source: AsyncIterableIterator<number> = {
      next: () => Promise.resolve({ done: false, value: 1 }),
      return: () => Promise.resolve({ done: true, value: 0 }),
      [Symbol.asyncIterator]: () => source,
    }
    const iterator = scope.iterate(source)
    void iterator.next()
    return () => iterator.return?.()
  },
  pools(scope) {
    const pool = scope.pool({ create: () => ({}), destroy: () => {} })
    return () => pool.close()
  },
  acts(scope) {
    const actor = scope.actor((message: string) => message)
    void actor.send('hello')
    return () => actor.stop()
  },
  opensChild(scope) {
    const child = scope.child('child')
    child.defer(() => {})
    return () => child.close()
  },
}

let parent: Scope

beforeEach(() => {
  parent = new Scope('parent')
})

afterEach(async () => {
  await parent.close()
  expect(emitter.eventNames()).toEqual([])
})

function connect(): object {
  return { connected: true }
}

function culprit(name: string): { function: string; file: string } {
  return { function: name, file: import.meta.filename }
}

describe.each(Object.entries(KINDS))('what %s', (name, acquire) => {
  it('leaves nothing, closed with its scope or released ahead of it', async () => {
    await expectClean(async () => {
      const scope = parent.child('scope')
      acquire(scope)
      await scope.close()
      await acquire(parent)()
    })
    expect(parent.snapshot().resources).toEqual([])
  })

  it('is caught when it is not released', async () => {
    await expectCaught(culprit(name), () => void acquire(parent))
  })
})

describe('a disowned resource', () => {
  it('is none of its scope’s any more', async () => {
    await expectClean(() => {
      const disposable = { [Symbol.dispose]: () => {} }
      parent.use(disposable)
      parent.disown(disposable)
    })
  })

  it('is caught when its new owner never ends it', async () => {
    const inherited: Disposable[] = []
    await expectCaught(culprit('inherits'), function inherits() {
      const disposable = { [Symbol.dispose]: () => {} }
      parent.use(disposable)
      inherited.push(parent.disown(disposable))
    })
  })
})

describe('a borrower of a pool that lives on', () => {
  it('leaves nothing when it gives back, and when it gives up waiting', async () => {
    const pool = parent.pool({ create: connect, destroy: () => {}, max: 1 })
    await expectClean(async () => {
      const lease = await pool.acquire()
      const waiting = new AbortController()
      const next = pool.acquire({ timeout: 60_000, signal: waiting.signal })
      waiting.abort()
      await next.catch(() => {})
      lease.release()
      await pool.use(() => {})
    })
  })

  it('leaves nothing beside a value that lies idle, which grows older all the time', async () => {
    const pool = parent.pool({ create: connect, destroy: () => {}, idle: 600_000 })
    await Promise.all([pool.use(() => {}), pool.use(() => {})])
    expect(pool.counts.idle).toBe(2)
    await expectClean(async () => {
      await pool.use(() => {})
      await new Promise(setImmediate)
    })
  })

  it('is caught when it keeps what it borrowed', async () => {
    const pool = parent.pool({ create: connect, destroy: () => {}, max: 100_000 })
    const leases: { release(): void }[] = []
    await expectCaught(culprit('connect'), async () => void leases.push(await pool.acquire()))
    expect(pool.counts.borrowed).toBe(leases.length)
    for (const lease of leases) lease.release()
  })
})

describe('a sender to an actor that lives on', () => {
  it('leaves nothing when it is answered, fails, or gives up waiting', async () => {
    const quiet = parent.child('quiet', { onError: () => {} })
    const actor = quiet.actor(
      (message: number) => {
        if (message === 0) throw new Error('planted')
        return message
      },
      { mailbox: 1, overflow: 'wait', maxRestarts: 1_000_000 },
    )
    const { signal } = new AbortController()
    await expectClean(async () => {
      const waiting = new AbortController()
      const asked = [actor.ask(1, { signal, timeout: 60_000 }), actor.ask(0, { signal })]
      const withdrawn = actor.send(2, { signal: waiting.signal, timeout: 60_000 })
      waiting.abort()
      await Promise.allSettled([...asked, withdrawn])
      await actor.send(3, { signal })
    })
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await quiet.close()
  })
})

describe('a program', () => {
  // Starting one takes milliseconds.
  const few = { iterations: 16, warmup: 4 }

  it('is gone when its scope is closed, and when it is stopped ahead of it', async () => {
    await expectClean(
      async ({ iteration }) => {
        const scope = parent.child('scope')
        const program = scope.spawn('sleep', ['600'])
        if (iteration % 2 === 0) await program.stop()
        await scope.close()
      },
      { ...few, iterations: 24 },
    )
  })

  it('is caught when it is not stopped', async () => {
    const report = await expectCaught(
      culprit('starts'),
      function starts() {
        const output = Array.from(LARGE)
        parent.spawn('sleep', ['600']).child.on('exit', () => void output.length)
      },
      few,
    )
    expect(report.counters).toContainEqual(expect.objectContaining({ counter: 'children' }))
  })
})

describe('a scope', () => {
  it('is caught when it is never closed', async () => {
    const scopes: Scope[] = []
    await expectCaught(culprit('forgets'), function forgets() {
      const scope = new Scope('forgotten')
      scope.defer(() => {})
      scopes.push(scope)
    })
    for (const scope of scopes) await scope.close()
  })
})
