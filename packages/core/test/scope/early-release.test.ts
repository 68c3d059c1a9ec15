import { EventEmitter, getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { Scope } from '../../src/scope/index.ts'

const CYCLES = 100_000

describe('an early release', () => {
  it(`leaves the parent flat over ${CYCLES} cycles`, async () => {
    const parent = new Scope('parent')
    const kept = parent.defer(() => {})
    const emitter = new EventEmitter()
    const signal = parent.signal
    for (let n = 0; n < CYCLES; n++) {
      await parent.defer(() => {})()
      parent.timeout(() => {}, 60_000)()
      parent.on(emitter, 'data', () => {})()
      const child = parent.child('child')
      child.defer(() => {})
      await child.close()
    }
    expect(parent.snapshot().resources).toHaveLength(1)
    expect(emitter.listenerCount('data')).toBe(0)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    await kept()
    expect(await parent.close()).toMatchObject({ released: 0 })
  })

  it('takes a member from the middle, the front and the back', async () => {
    const scope = new Scope('a')
    const names = ['a', 'b', 'c', 'd', 'e']
    const calls: string[] = []
    const releases = names.map(name => scope.defer(() => calls.push(name)))
    await releases[2]?.()
    await releases[0]?.()
    await releases[4]?.()
    await scope.close()
    expect(calls).toEqual(['c', 'a', 'e', 'd', 'b'])
  })
})
