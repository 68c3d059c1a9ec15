import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Inspector } from '../src/inspector.ts'
import { Iterations } from '../src/iterate.ts'
import { risesOfListeners } from '../src/listener-rises.ts'
import type { CounterRise } from '../src/report.ts'
import { findRetainers, releaseEmitters } from '../src/retainers/index.ts'
import { siteOf } from './retainers/fixtures/site-of.ts'

const LOOKED = 20

let inspector: Inspector
beforeEach(() => void (inspector = new Inspector()))
afterEach(() => inspector.close())

class Bus extends EventEmitter {}
const bus = new Bus().setMaxListeners(0)
const buses: EventEmitter[] = []
const kept: object[] = []
const onSame = (): void => undefined

function ownListener(): void {
  bus.on('stop', () => kept)
}

/** Nothing is made but the list of listeners, which has to grow while it is looked at. */
function sameListener(): void {
  for (let times = 0; times < 20; times++) bus.on('stop', onSame)
}

function makeBus(): Bus {
  const own = new Bus()
  buses.push(own)
  return own
}

function ownBus(): void {
  const own = makeBus()
  own.on('stop', () => kept)
}

/** What stays is held by a listener, but there is only ever one. */
function holdByListener(): void {
  const held: object[] = []
  bus.on('hold', (add: (list: object[]) => void) => add(held))
}
holdByListener()
function heldByListener(): void {
  bus.emit('hold', (list: object[]) => list.push({ kept }))
}

async function risesOf(scenario: () => void): Promise<readonly CounterRise[]> {
  const iterations = new Iterations<undefined>(scenario, {}, 1)
  try {
    const run = (): Promise<void> => iterations.run(LOOKED)
    const found = await findRetainers(inspector, run, [await siteOf(inspector, scenario.name, run)])
    const emitters = found.flatMap(finding => finding?.emitters ?? [])
    return await risesOfListeners(emitters, LOOKED, { inspector, iterations })
  } finally {
    releaseEmitters(inspector)
    iterations.close()
  }
}

it('tells of listeners that every iteration adds to one emitter', async () => {
  expect(await risesOf(ownListener)).toEqual([
    { counter: 'listeners', of: 'Bus', before: 2 * LOOKED + 1, after: 3 * LOOKED + 1, perIteration: 1 },
  ])
})

it('tells of the same listener added again and again', async () => {
  const [rise] = await risesOf(sameListener)
  expect(rise).toMatchObject({ counter: 'listeners', of: 'Bus', perIteration: 20 })
})

it('tells of listeners on emitters that every iteration makes', async () => {
  expect(await risesOf(ownBus)).toEqual([
    { counter: 'listeners', of: 'Bus', before: 0, after: LOOKED, perIteration: 1 },
  ])
})

it('tells of none where one listener holds more and more', async () => {
  expect(await risesOf(heldByListener)).toEqual([])
})

it('lets go of the emitters that it looked at', async () => {
  const emitter = new WeakRef(new EventEmitter())
  const held = [emitter.deref()]
  const follow = (): void => void held[0]?.on('stop', () => undefined)
  expect(await risesOf(follow)).toHaveLength(1)
  held.length = 0
  await new Promise(resolve => void setImmediate(resolve))
  globalThis.gc?.()
  expect(emitter.deref()).toBeUndefined()
})
