/**
 * What a process that registers and releases agents for months leaves behind: nothing. A store in memory is filled past its
 * cap of tombstones first, so that those that come replace those that go. OAKUM_LIVES sets how many live (12,000 for the
 * published figure).
 */
import { describe, expect, it } from 'vitest'
import type { EventLog } from '../../src/events/event-log.ts'
import { createMemoryEventLog } from '../../src/events/drivers/memory.ts'
import { openSqliteEventLog } from '../../src/events/drivers/sqlite/log.ts'
import { createMemoryFleetStore } from '../../src/fleet/drivers/memory/store.ts'
import { openSqliteFleetStore } from '../../src/fleet/drivers/sqlite/store.ts'
import type { Agent } from '../../src/fleet/agent.ts'
import { Fleet } from '../../src/fleet/fleet.ts'
import { resolveFleetOptions } from '../../src/fleet/fleet-options.ts'
import { TOMBSTONE_LIMIT } from '../../src/fleet/store-limits.ts'
import type { FleetStore } from '../../src/fleet/store.ts'
import { selfIdentity } from '../../src/process/index.ts'
import { heapSlope } from '../support/heap-slope.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { STORES, type StoreName } from './fleets.ts'

const LIVES = Number(process.env.OAKUM_LIVES ?? 4_000)
/** Lives that run at once: they share their looks at the processes of the system, which are most of what a life costs. */
const AT_ONCE = 40
/** The part of them that lives before anything is measured, beside. */
const WARM_UP = 0.1
/** Bytes per life. */
const BUDGET = 256

async function openDrivers(name: StoreName): Promise<{ store: FleetStore; events: EventLog }> {
  if (name === 'memory') return { store: createMemoryFleetStore(), events: createMemoryEventLog() }
  const directory = temporaryFolder()
  return { store: await openSqliteFleetStore({ directory }), events: await openSqliteEventLog({ directory }) }
}

/** Leases that come and go without a fleet, which would take twenty times as long. */
async function fillTombstones(store: FleetStore): Promise<void> {
  const process = selfIdentity()
  const common = { host: 'h', process, roots: [], labels: {}, state: 'idle', leaseTtl: 60_000, resources: [] }
  for (let index = 0; index < TOMBSTONE_LIMIT + 100; index++) {
    const id = `filler-${index}`
    const { epoch } = await store.register({ ...common, id, nonce: id })
    const { claims } = await store.claim({ holder: 'h', claimTtl: 1_000, what: { by: 'released', ref: { id, epoch } } })
    for (const { token } of claims) await store.finish(token, { released: 0, kept: [], milliseconds: 0 })
  }
}

async function live(fleet: Fleet, id: string): Promise<Agent> {
  const agent = await fleet.register({ id })
  await agent.own('key', 'x')
  agent.progress()
  while (agent.phase === 'starting') await new Promise(setImmediate)
  await agent.release()
  return agent
}

let agents = 0

async function liveTogether(fleet: Fleet): Promise<Agent[]> {
  return Promise.all(Array.from({ length: AT_ONCE }, () => live(fleet, `agent-${++agents}`)))
}

async function openFilled(name: StoreName): Promise<Fleet> {
  const { store, events } = await openDrivers(name)
  if (name === 'memory') await fillTombstones(store)
  const fleet = new Fleet(store, events, resolveFleetOptions({}))
  await fleet.flush()
  return fleet
}

describe.each(STORES)(`${LIVES} lives of agents on %s`, name => {
  it('leave nothing on the heap, no handle and no descriptor', async () => {
    const fleet = await openFilled(name)
    const { bytesPerCycle, before, after } = await heapSlope(async () => void (await liveTogether(fleet)), {
      cycles: LIVES / AT_ONCE,
      warmup: (LIVES / AT_ONCE) * WARM_UP,
    })
    const buried = name === 'memory' ? TOMBSTONE_LIMIT : Math.min(TOMBSTONE_LIMIT, LIVES * (1 + WARM_UP))
    expect((await fleet.counts()).tombstones).toBe(buried)
    await fleet.close()
    console.log(`${name}: ${Math.round(bytesPerCycle / AT_ONCE)} bytes per life`)
    expect(bytesPerCycle / AT_ONCE).toBeLessThanOrEqual(BUDGET)
    expect(after).toEqual(before)
  })
})

describe('the same measure', () => {
  it('catches agents that are remembered after their release', async () => {
    const fleet = await openFilled('sqlite')
    const remembered: Agent[] = []
    const remember = async (): Promise<void> => void remembered.push(...(await liveTogether(fleet)))
    const { bytesPerCycle } = await heapSlope(remember, { cycles: 20, warmup: 0 })
    await fleet.close()
    expect(remembered).toHaveLength(20 * AT_ONCE)
    expect(bytesPerCycle / AT_ONCE).toBeGreaterThan(BUDGET)
  })

  it('catches fleets that are never closed', async () => {
    const open: Fleet[] = []
    const { before, after } = await heapSlope(
      async () => {
        const { store, events } = await openDrivers('sqlite')
        open.push(new Fleet(store, events, resolveFleetOptions({})))
      },
      { cycles: 4, windows: 4 },
    )
    expect(after.descriptors - before.descriptors).toBeGreaterThanOrEqual(4)
    for (const fleet of open) await fleet.close()
  })
})
