/**
 * 5,000 cycles of a scope with every kind of resource leave nothing behind; and the measure catches what does.
 */
import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { expectCaught, expectClean } from '../../../leaktest/test/support/pair.ts'
import { Scope } from '../../src/scope/index.ts'
import { heapSlope } from '../support/heap-slope.ts'

const CYCLES = 5_000
const BUDGET = 256

/** Starting a program takes milliseconds, so that one cycle in so many does. */
const SPAWN_EVERY = 250

const emitter = new EventEmitter().setMaxListeners(0)
const target = new EventTarget()
let cycle = 0

/** One of each, below a parent that lives on. */
async function everyKind(parent: Scope): Promise<void> {
  const scope = parent.child('cycle', { env: { CYCLE: String(cycle++) } })
  scope.defer(() => {})
  scope.defer(() => Promise.resolve())
  await scope.defer(() => {})()
  scope.use({ [Symbol.dispose]: () => {} })
  scope.timeout(() => {}, 60_000)
  scope.timeout(() => {}, 60_000)()
  scope.interval(() => {}, 60_000)
  scope.on(emitter, 'data', () => {})
  scope.on(target, 'data', () => {})
  scope.on(scope.signal, 'abort', () => {})
  const disowned = { [Symbol.dispose]: () => {} }
  scope.use(disowned)
  scope.disown(disowned)
  scope.onDisown(() => {})()
  const task = scope.task(
    'work',
    signal => new Promise<void>(resolve => signal.addEventListener('abort', () => resolve())),
  )
  await scope.task('short', async () => 1)
  const iterator = scope.iterate(numbers())
  await iterator.next()
  for await (const value of scope.iterate(numbers())) if (value > 1) break
  const pool = scope.pool({ create: () => ({}), destroy: () => {} })
  await pool.use(() => {})
  const lease = await pool.acquire({ timeout: 60_000, signal: parent.signal })
  const waiting = scope.task('borrower', async signal => {
    await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
    lease.release()
  })
  const child = scope.child('child')
  child.defer(() => {})
  await child.close()
  scope.child('left open').defer(() => {})
  if (cycle % SPAWN_EVERY === 0) scope.spawn('sleep', ['600'])
  const closer = scope.task('closes its own scope', async () => void (await scope.close()))
  const { refused } = await scope.close()
  await Promise.all([task, waiting, closer])
  if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused)}`)
}

async function* numbers(): AsyncGenerator<number> {
  for (let n = 0; ; n++) yield n
}

describe('a scope', () => {
  it(`leaves at most ${BUDGET} bytes per cycle and no handle, over ${CYCLES} cycles of every kind`, async () => {
    const parent = new Scope('parent')
    const { bytesPerCycle, before, after } = await heapSlope(() => everyKind(parent), { cycles: CYCLES })
    console.log(`every kind: ${bytesPerCycle.toFixed(1)} bytes per cycle`)
    expect(bytesPerCycle).toBeLessThanOrEqual(BUDGET)
    expect(after).toEqual(before)
    expect(parent.snapshot().resources).toEqual([])
    expect(emitter.listenerCount('data')).toBe(0)
    await parent.close()
  })

  it('leaves nothing, in the eyes of the leak test', async () => {
    const parent = new Scope('parent')
    await expectClean(() => everyKind(parent), { iterations: 120 })
    await parent.close()
  })

  it('is caught when its callers keep what they should release', async () => {
    const parent = new Scope('parent')
    async function keepsChild(): Promise<void> {
      await everyKind(parent)
      // The child is never closed, and so stays with its parent.
      const child = parent.child('forgotten')
      child.defer(() => {})
      child.on(emitter, 'forgotten', () => {})
    }
    const { bytesPerCycle } = await heapSlope(keepsChild, { cycles: 500 })
    console.log(`planted: ${bytesPerCycle.toFixed(1)} bytes per cycle`)
    expect(bytesPerCycle).toBeGreaterThan(BUDGET)
    await expectCaught({ function: keepsChild.name, file: import.meta.filename }, keepsChild)
    const { resources } = parent.snapshot()
    expect(resources.length).toBeGreaterThan(500)
    await parent.close()
    expect(emitter.listenerCount('forgotten')).toBe(0)
  })

  it('is caught when a handle stays', async () => {
    const timers: NodeJS.Timeout[] = []
    async function keepsTimer(): Promise<void> {
      timers.push(setTimeout(() => {}, 60_000))
    }
    const { before, after } = await heapSlope(keepsTimer, { cycles: 20 })
    expect(after).not.toEqual(before)
    const { counters } = await expectCaught({ function: keepsTimer.name, file: import.meta.filename }, keepsTimer)
    expect(counters).toContainEqual(expect.objectContaining({ counter: 'timers' }))
    for (const timer of timers) clearTimeout(timer)
  })
})
