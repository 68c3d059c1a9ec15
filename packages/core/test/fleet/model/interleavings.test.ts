/**
 * Whatever happens to a fleet, in whatever order: no live agent is reaped, no dead one is left after its lease and a sweep, epochs
 * rise, and each lease is finished once at most. OAKUM_INTERLEAVINGS sets how many lives are lived on each store (10,000 for the
 * published figure), OAKUM_SEED which.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMemoryFleetStore } from '../../../src/fleet/drivers/memory/store.ts'
import type { FleetStore } from '../../../src/fleet/store.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { SqliteFolder } from '../sqlite-folder.ts'
import { FAULTS } from './faults.ts'
import { life, type Step } from './steps.ts'
import { type Census, World } from './world.ts'

const { OAKUM_INTERLEAVINGS, OAKUM_SEED } = process.env
const SEED = Number(OAKUM_SEED ?? 20_261_122)

interface Opened {
  connections: FleetStore[]
  clock: ManualClock
  close: () => Promise<void>
}

async function openMemory(): Promise<Opened> {
  const clock = new ManualClock()
  const store = createMemoryFleetStore({ clock })
  return { connections: [store], clock, close: () => store.close() }
}

async function openSqlite(): Promise<Opened> {
  const folder = await SqliteFolder.create()
  const connections = [await folder.connect(), await folder.connect()]
  return { connections, clock: folder.clock, close: () => folder.remove() }
}

/** Lives one life on a store of its own; `change` stands between the fleet and the store. */
async function liveOn(
  open: () => Promise<Opened>,
  { guarded, steps }: { guarded: boolean; steps: Step[] },
  change: (store: FleetStore) => FleetStore = store => store,
): Promise<Census> {
  const { connections, clock, close } = await open()
  try {
    return await new World({ connections: connections.map(change), clock, guarded }).live(steps)
  } finally {
    await close()
  }
}

describe.each([
  { name: 'memory', open: openMemory, lives: 500 },
  { name: 'sqlite', open: openSqlite, lives: 60 },
])('a fleet on $name', ({ name, open, lives }) => {
  const numRuns = Number(OAKUM_INTERLEAVINGS ?? lives)

  it(`keeps its promises in ${numRuns} lives`, async () => {
    const total: Census & { steps: number } = { steps: 0, registered: 0, reaped: 0, finished: 0, held: 0 }
    const property = fc.asyncProperty(life, async one => {
      const census = await liveOn(open, one)
      total.steps += one.steps.length
      for (const key of ['registered', 'reaped', 'finished', 'held'] as const) total[key] += census[key]
    })
    await fc.assert(property, { numRuns, seed: SEED })
    // Promises are easily kept where nothing happens.
    expect(Math.min(total.reaped, total.finished, total.held)).toBeGreaterThan(numRuns / 10)
    if (OAKUM_INTERLEAVINGS !== undefined) {
      console.log(`${name}: ${numRuns} interleavings, seed ${SEED}, every promise kept: ${JSON.stringify(total)}`)
    }
  }, 3_600_000)
})

describe('a store that', () => {
  it.each(Object.entries(FAULTS))('%s is found out', async (_what, fault) => {
    const property = fc.asyncProperty(life, async one => void (await liveOn(openMemory, one, fault.plant())))
    const { failed, errorInstance } = await fc.check(property, { numRuns: 400, seed: SEED, endOnFailure: true })
    expect(failed).toBe(true)
    expect(String(errorInstance)).toMatch(fault.caughtAs)
  })
})
