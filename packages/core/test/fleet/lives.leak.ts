/**
 * What a fleet leaves of agents that live and end, of those that die, and of fleets that come and go: nothing on the heap but
 * tombstones, until they are old.
 */
import { describe, expect, it, onTestFinished } from 'vitest'
import { expectBounded, expectCaught, expectClean, LARGE } from '../../../leaktest/test/support/pair.ts'
import { createMemoryEventLog } from '../../src/events/drivers/memory.ts'
import { openSqliteEventLog } from '../../src/events/drivers/sqlite/log.ts'
import type { EventLog } from '../../src/events/event-log.ts'
import { createMemoryFleetStore } from '../../src/fleet/drivers/memory/store.ts'
import { openSqliteFleetStore } from '../../src/fleet/drivers/sqlite/store.ts'
import { connect, type Agent, type LeaseRef } from '../../src/fleet/index.ts'
import { Fleet } from '../../src/fleet/fleet.ts'
import { resolveFleetOptions } from '../../src/fleet/fleet-options.ts'
import { TOMBSTONE_AGE } from '../../src/fleet/store-limits.ts'
import type { FleetStore } from '../../src/fleet/store.ts'
import { selfIdentity, type ProcessIdentity } from '../../src/process/index.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { STORES, type StoreName } from './fleets.ts'

/** Of the event log in memory: so few that a test sees them go. */
const EVENTS_KEPT = 4
/** Lives at once: they share their looks at the processes of the system, which are most of what a life costs. */
const AT_ONCE = 8
/** Iterations take milliseconds. */
const CLEAN = { warmup: 10 }
const PLANTED = { warmup: 10, iterations: 60 }

interface Opened {
  readonly fleet: Fleet
  readonly store: FleetStore
  readonly clock: ManualClock
}

async function open(name: StoreName): Promise<Opened> {
  const clock = new ManualClock()
  const directory = temporaryFolder()
  const memory = name === 'memory'
  const store = memory ? createMemoryFleetStore({ clock }) : await openSqliteFleetStore({ directory, clock })
  const events: EventLog = memory
    ? createMemoryEventLog({ clock, maxCount: EVENTS_KEPT })
    : await openSqliteEventLog({ directory, clock })
  const fleet = new Fleet(store, events, resolveFleetOptions({ clock }))
  onTestFinished(() => fleet.close())
  return { fleet, store, clock }
}

let agents = 0

async function live(fleet: Fleet): Promise<Agent> {
  const agent = await fleet.register({ id: `agent-${++agents}` })
  await agent.own('key', 'x')
  agent.progress()
  while (agent.phase === 'starting') await new Promise(setImmediate)
  await agent.release()
  return agent
}

/** Registered and released at the store itself, without a process to look at. */
async function liveBriefly(store: FleetStore): Promise<void> {
  const ref = await register(store, `brief-${++agents}`, selfIdentity())
  const { claims } = await store.claim({ holder: 'h', claimTtl: 1_000, what: { by: 'released', ref } })
  for (const { token } of claims) await store.finish(token, { released: 0, kept: [], milliseconds: 0 })
}

/** The lease of a process that is not there any more. */
async function leaveOrphan(store: FleetStore): Promise<void> {
  await register(store, `orphan-${++agents}`, { ...selfIdentity(), startTime: '1' })
}

async function register(store: FleetStore, id: string, process: ProcessIdentity): Promise<LeaseRef> {
  const resources = [{ kind: 'thing', key: id }]
  const common = { host: 'h', roots: [], labels: {}, state: 'idle', leaseTtl: 60_000 }
  const { epoch } = await store.register({ ...common, id, nonce: id, process, resources })
  return { id, epoch }
}

function culprit(name: string): { function: string; file: string } {
  return { function: name, file: import.meta.filename }
}

describe.each(STORES)('agents on %s', name => {
  it('leave nothing when they register, own something, beat and are released', async () => {
    const { fleet, clock } = await open(name)
    await expectClean(async () => {
      await Promise.all(Array.from({ length: AT_ONCE }, () => live(fleet)))
      clock.advance(TOMBSTONE_AGE / 4)
    }, CLEAN)
  })

  it('are caught when they are remembered after their release', async () => {
    const { fleet, clock } = await open(name)
    const remembered: unknown[] = []
    const planted = async function remembers(): Promise<void> {
      const agent = await live(fleet)
      remembered.push(agent, Array.from(LARGE))
      clock.advance(TOMBSTONE_AGE / 4)
    }
    await expectCaught(culprit(planted.name), planted, PLANTED)
  })

  it('are caught when they are never released', async () => {
    const { fleet } = await open(name)
    const planted = async function forgets(): Promise<void> {
      const agent = await fleet.register({ id: `agent-${++agents}` })
      const transcript = Array.from(LARGE)
      agent.signal.addEventListener('abort', () => void transcript.length)
    }
    await expectCaught(culprit(planted.name), planted, PLANTED)
  })

  it('leave nothing when they died and were reclaimed', async () => {
    const { fleet, store, clock } = await open(name)
    const reclaimers = [{ kind: 'thing', reclaim: async () => {} }]
    const coordinator = fleet.coordinator({ grace: 0, reclaimers })
    await expectClean(async () => {
      await leaveOrphan(store)
      expect((await coordinator.sweep()).orphansCleaned).toBe(1)
      clock.advance(TOMBSTONE_AGE / 4)
    }, CLEAN)
  })

  it('are caught when a reclaimer remembers them', async () => {
    const { fleet, store, clock } = await open(name)
    const remembered: unknown[] = []
    const reclaim = async function remembersClaim({ key }: { key: string }): Promise<void> {
      remembered.push(key, Array.from(LARGE))
    }
    const coordinator = fleet.coordinator({ grace: 0, reclaimers: [{ kind: 'thing', reclaim }] })
    await expectCaught(
      culprit(reclaim.name),
      async () => {
        await leaveOrphan(store)
        await coordinator.sweep()
        clock.advance(TOMBSTONE_AGE / 4)
      },
      PLANTED,
    )
  })
})

describe.each(STORES)('coordinators on %s', name => {
  it('leave nothing when they look, sweep and stop', async () => {
    const { fleet } = await open(name)
    for (let n = 0; n < 3; n++) await fleet.register({ id: `living-${n}` })
    await expectClean(async () => {
      const coordinator = fleet.coordinator({ grace: 0 })
      coordinator.start()
      expect((await coordinator.sweep()).healthyAgents).toBe(3)
      await Promise.all([fleet.agents(), fleet.counts(), fleet.tombstones(), fleet.get('living-1')])
      await coordinator.stop()
    }, CLEAN)
  })

  it('are caught when they are never stopped', async () => {
    const { fleet } = await open(name)
    const planted = function startsForGood(): void {
      const seen = Array.from(LARGE)
      fleet.coordinator({ onError: () => void seen.length }).start()
    }
    await expectCaught(culprit(planted.name), planted, PLANTED)
  })
})

describe.each(STORES)('fleets on %s', name => {
  const urlOfNew = (): string => (name === 'memory' ? 'memory:' : `sqlite:${temporaryFolder()}`)

  it('leave nothing when they are closed, with all that they held', async () => {
    const url = urlOfNew()
    await expectClean(async () => {
      const fleet = await connect(url)
      await fleet.register({ id: 'agent' })
      fleet.coordinator({ grace: 0 }).start()
      void fleet.events.tail().next()
      await fleet.close()
    }, CLEAN)
  })

  it('are caught when they are never closed', async () => {
    const url = urlOfNew()
    const fleets: Fleet[] = []
    const planted = async function leavesOpen(): Promise<void> {
      const known = Array.from(LARGE)
      const reclaimers = [{ kind: 'thing', reclaim: async () => void known.length }]
      fleets.push(await connect(url, { reclaimers }))
    }
    await expectCaught(culprit(planted.name), planted, PLANTED)
    for (const fleet of fleets) await fleet.close()
  })
})

it('tombstones in memory stay for as many lives as fit in their time', async () => {
  const lives = 1_000
  const { fleet, store, clock } = await open('memory')
  await expectBounded(
    lives,
    async () => {
      await liveBriefly(store)
      await fleet.flush()
      clock.advance(TOMBSTONE_AGE / lives)
    },
    { iterations: lives * 3 },
  )
})
