import { EventEmitter } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { isScopeSnapshot, Scope } from '../../src/scope/index.ts'

describe('snapshot', () => {
  it('shows what is owned as a tree of plain values, the oldest first', async () => {
    const scope = new Scope('root')
    scope.defer(function cleanUp() {})
    scope.use(
      new (class Socket {
        [Symbol.dispose]() {}
      })(),
    )
    scope.timeout(function later() {}, 60_000)
    scope.interval(function tick() {}, 60_000)
    scope.on(new EventEmitter(), 'data', () => {})
    void scope.task('work', signal => pause(60_000, undefined, { signal }))
    scope.pool({ name: 'connections', create: () => 1, destroy: () => {} })
    scope.child('child').defer(() => {})
    const { resources, state } = scope.snapshot()
    expect(state).toBe('open')
    expect(resources.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'defer cleanUp',
      'use Socket',
      'timeout later',
      'interval tick',
      'listener data',
      'task work',
      'pool connections',
      'scope child',
    ])
    const child = resources.at(-1)
    expect(child !== undefined && isScopeSnapshot(child) && child.resources).toMatchObject([{ kind: 'defer' }])
    expect(JSON.parse(JSON.stringify(scope.snapshot()))).toMatchObject({ kind: 'scope', name: 'root' })
    await scope.close()
    expect(scope.snapshot()).toMatchObject({ state: 'closed', resources: [] })
  })

  it('tells the state while closing', async () => {
    const gate = Promise.withResolvers<void>()
    const scope = new Scope('a')
    scope.defer(() => gate.promise)
    const closed = scope.close()
    expect(scope.snapshot()).toMatchObject({ state: 'closing', resources: [{ kind: 'defer' }] })
    gate.resolve()
    await closed
  })

  it('tells ages that are never too young, and follow the clock from turn to turn', async () => {
    const scope = new Scope('a')
    scope.defer(() => {})
    await pause(50)
    scope.defer(() => {})
    const [older, younger] = scope.snapshot().resources
    expect(older?.age).toBeGreaterThanOrEqual(49)
    expect((older?.age ?? 0) - (younger?.age ?? 0)).toBeGreaterThanOrEqual(48)
    await scope.close()
  })
})
