import { afterEach, describe, expect, it } from 'vitest'
import { connect, handleShutdown, type Fleet, type ShutdownOptions } from '../../../src/fleet/index.ts'
import { Scope } from '../../../src/scope/index.ts'
import { temporaryFolder } from '../../support/sqlite.ts'
import { until } from '../../support/until.ts'
import { openFleet, openUrl, STORES } from '../fleets.ts'

const EVENTS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'uncaughtException']
const listeners = (): number[] => EVENTS.map(event => process.listenerCount(event))
const before = listeners()

afterEach(() => {
  process.exitCode = undefined // a shutdown that did not go well has set it
  expect(listeners()).toEqual(before)
})

/** A shutdown that reports instead of ending the tests, and keeps what it said. */
function handle(fleet: Fleet, options: ShutdownOptions = {}): ReturnType<typeof handleShutdown> & { said: string[] } {
  const said: string[] = []
  return { said, ...handleShutdown(fleet, { exit: false, log: text => said.push(text), ...options }) }
}

describe.each(STORES)('a shutdown, on %s', store => {
  it('stops intake, drains while beats go on, releases, and ends with 0', async () => {
    const fleet = await openFleet(store, { leaseTtl: 60_000, beatEvery: 20 })
    const agent = await fleet.register({ id: 'a' })
    await agent.setKey('answer', '42')
    const order: string[] = []
    agent.signal.addEventListener('abort', () => order.push('agent told'))
    const shutdown = handle(fleet, {
      async onDrain(signal) {
        order.push('draining')
        const { lastBeat } = (await fleet.get('a')) ?? {}
        await until(async () => {
          const record = await fleet.get('a')
          return record?.phase === 'draining' && record.lastBeat !== null && record.lastBeat > (lastBeat ?? 0)
        })
        expect(signal.aborted).toBe(false)
        order.push('drained')
      },
    })
    shutdown.signal.addEventListener('abort', () => order.push('intake stopped'))

    expect(await shutdown.shutdown('done')).toMatchObject({ reason: 'done', code: 0, errors: [], zombies: 0 })
    expect(order).toEqual(['intake stopped', 'agent told', 'draining', 'drained'])
    expect(shutdown.signal.reason).toMatchObject({ code: 'STOP_REQUESTED', facts: { reason: 'done' } })
    expect(agent.signal.reason).toMatchObject({ code: 'STOP_REQUESTED' })
    expect(agent.phase).toBe('released')
    expect(shutdown.said).toEqual([])
    await expect(fleet.register({ id: 'b' })).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })

  it('goes on with the next step when one fails, names it, and ends with 1', async () => {
    const fleet = await openFleet(store)
    const agent = await fleet.register({ id: 'a' })
    const stubborn = new Scope('stubborn', { closeTimeout: 30 })
    void stubborn.task('deaf', () => new Promise(() => {}))
    const failing = new Scope('failing')
    failing.defer(() => Promise.reject(new Error('planted')))
    const shutdown = handle(fleet, {
      scopes: [stubborn, failing],
      onDrain() {
        throw new Error('cannot drain')
      },
    })
    const report = await shutdown.shutdown()
    expect(report).toMatchObject({
      reason: 'shutdown',
      code: 1,
      errors: [{ message: 'cannot drain' }, { code: 'SCOPE_CLOSE_FAILED' }, { code: 'RESOURCE_REFUSED' }],
    })
    expect(process.exitCode).toBe(1)
    expect(agent.phase).toBe('released')
    expect(shutdown.said.join()).toMatch(/cannot drain[^]*planted[^]*task stubborn\/deaf/)
  })
})

describe('a shutdown', () => {
  it('announces each agent after its end, and what it came to', async () => {
    const url = `sqlite:${temporaryFolder()}`
    const [fleet, observer] = [await openUrl(url), await openUrl(url)]
    const { epoch } = await fleet.register({ id: 'a' })
    await handle(fleet).shutdown('lunch')
    const events = await observer.events.read()
    expect(events.map(({ type }) => type)).toEqual([
      'agent_registered',
      'agent_state',
      'agent_stopped',
      'agent_shutdown',
    ])
    expect(events.at(-1)).toMatchObject({
      agent: 'a',
      data: { epoch, reason: 'lunch', drained: true, released: true },
    })
  })

  it.each([
    ['0, when what is under way then puts itself in order', 0, []],
    ['1, when it does not', 1, [{ code: 'TIMEOUT' }]],
  ])('tells the draining that its time is over, and ends with %s', async (_, code, errors) => {
    const fleet = await openFleet('memory')
    const shutdown = handle(fleet, {
      drain: 20,
      onDrain: signal =>
        new Promise<void>((resolve, reject) => {
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- as fetch does
          signal.addEventListener('abort', () => (code === 0 ? resolve() : reject(signal.reason)))
        }),
    })
    expect(await shutdown.shutdown()).toMatchObject({ code, errors })
  })

  it('has one deadline for all', async () => {
    const fleet = await openFleet('memory')
    const shutdown = handle(fleet, {
      deadline: 20,
      onDrain: signal => new Promise(resolve => signal.addEventListener('abort', resolve)),
    })
    expect(await shutdown.shutdown()).toMatchObject({ code: 1, errors: [{ code: 'TIMEOUT', facts: { deadline: 20 } }] })
  })

  it('is one, however many ask for it, and whenever', async () => {
    const [first, second] = [await openFleet('sqlite'), await openFleet('memory')]
    const drained: string[] = []
    const agent = await first.register({ id: 'a' })
    const onDrain = (name: string) => async (): Promise<void> => {
      await new Promise(setImmediate)
      expect(agent.phase).not.toBe('released')
      drained.push(name)
    }
    const handles = [
      handle(first, { onDrain: onDrain('first') }),
      handle(first, { onDrain: onDrain('first again') }),
      handle(second, { onDrain: onDrain('second') }),
    ]
    expect(listeners()).toEqual(before.map(count => count + 1))
    const reports = await Promise.all(handles.map((each, n) => each.shutdown(`${n}`)))
    expect(reports[0]).toMatchObject({ code: 0, errors: [] })
    for (const report of reports) expect(report).toBe(reports[0])
    expect(drained.toSorted()).toEqual(['first', 'first again', 'second'])
    expect(await handles[1]?.shutdown('later')).toBe(reports[0])
    await expect(second.register({ id: 'b' })).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })

  it('takes along what comes while it drains', async () => {
    const fleet = await openFleet('memory')
    let late: ReturnType<typeof handle> | undefined
    const other = await connect('memory:')
    const shutdown = handle(fleet, {
      async onDrain() {
        await fleet.register({ id: 'late' })
        late = handle(other)
      },
    })
    expect((await shutdown.shutdown()).code).toBe(0)
    expect(late?.signal.aborted).toBe(true)
    await expect(other.counts()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })

  it('ends well when an agent was fenced meanwhile', async () => {
    const url = `sqlite:${temporaryFolder()}`
    const [fleet, observer] = [await openUrl(url), await openUrl(url)]
    const agent = await fleet.register({ id: 'a' })
    const shutdown = handle(fleet, {
      async onDrain() {
        const { DatabaseSync } = await import('node:sqlite')
        const database = new DatabaseSync(`${url.slice('sqlite:'.length)}/fleet.db`)
        database.exec(`DELETE FROM leases WHERE id = 'a'`)
        database.close()
      },
    })
    expect(await shutdown.shutdown()).toMatchObject({ code: 0, errors: [] })
    expect(agent.phase).toBe('fenced')
    expect(await observer.events.read({ types: ['agent_shutdown'] })).toEqual([])
  })
})

describe('its handle', () => {
  it('gives the signals back when the last one is released', async () => {
    const fleet = await openFleet('memory')
    const [first, second] = [handle(fleet), handle(fleet)]
    first.release()
    first.release()
    expect(listeners()).toEqual(before.map(count => count + 1))
    second[Symbol.dispose]()
    expect(listeners()).toEqual(before)
    expect(first.signal.aborted).toBe(false)
    expect((await first.shutdown()).code).toBe(0)
  })

  it('may be released while a shutdown runs, which goes on', async () => {
    const fleet = await openFleet('memory')
    const agent = await fleet.register({ id: 'a' })
    const shutdown = handle(fleet, { onDrain: () => shutdown.release() })
    expect((await shutdown.shutdown()).code).toBe(0)
    expect(agent.phase).toBe('released')
  })

  it('is not made with times that cannot work', async () => {
    const fleet = await openFleet('memory')
    expect(() => handleShutdown(fleet, { drain: -1 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    expect(() => handleShutdown(fleet, { deadline: 0 })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})
