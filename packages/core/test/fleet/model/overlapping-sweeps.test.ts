/**
 * Real sweeps that overlap, with each of their calls of the store at a moment that fast-check picks. OAKUM_INTERLEAVINGS sets how
 * many such schedules are tried.
 */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createMemoryEventLog } from '../../../src/events/drivers/memory.ts'
import { RECLAIM_DEFAULTS } from '../../../src/fleet/coordinator-settings.ts'
import { createMemoryFleetStore } from '../../../src/fleet/drivers/memory/store.ts'
import { Outbox } from '../../../src/fleet/outbox.ts'
import { Presence } from '../../../src/fleet/presence.ts'
import type { Reclaimer } from '../../../src/fleet/reclaimers/reclaimer.ts'
import type { LeaseRef } from '../../../src/fleet/records.ts'
import type { FleetStore } from '../../../src/fleet/store.ts'
import { sweep, type SweepResult } from '../../../src/fleet/sweep.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { join, LEASE_TTL } from '../contract-values.ts'
import { GUARD } from '../guarded-sweeps.ts'
import { FAULTS } from './faults.ts'

const SCHEDULES = Number(process.env.OAKUM_INTERLEAVINGS ?? 80)
const COORDINATORS = 3
const BEATS = 4
const SEED = 20_261_122

/** The store, whose calls wait for their turn. */
function inTurn(store: FleetStore, scheduler: fc.Scheduler): FleetStore {
  return new Proxy(store, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return async (...values: unknown[]): Promise<unknown> => {
        await scheduler.schedule(Promise.resolve(), String(name))
        return method.apply(target, values)
      }
    },
  })
}

/** Notes what it is asked for, and refuses each thing once where it is told to. */
function things(scheduler: fc.Scheduler, refuseOnce: boolean): Reclaimer & { asked: string[] } {
  const asked: string[] = []
  return {
    kind: 'thing',
    asked,
    reclaim: async ({ key }) => {
      const again = asked.includes(key)
      asked.push(key)
      await scheduler.schedule(Promise.resolve(), `reclaim ${key}`)
      if (refuseOnce && !again) throw new Error('not now')
    },
  }
}

function sweepOn(
  store: FleetStore,
  { holder, reclaimer, calm, errors }: { holder: string; reclaimer: Reclaimer; calm: FleetStore; errors: unknown[] },
): Promise<SweepResult> {
  return sweep({
    ...RECLAIM_DEFAULTS,
    grace: 0,
    retryAfter: 0,
    store,
    holder,
    guard: GUARD,
    reclaimers: new Map([['thing', reclaimer]]),
    presence: new Presence(store),
    // Events go on by themselves; they are no part of the order.
    outbox: new Outbox(calm, createMemoryEventLog()),
    onError: error => void errors.push(error),
  })
}

async function beat(store: FleetStore, living: LeaseRef): Promise<void> {
  for (let beats = 0; beats < BEATS; beats += 1) expect((await store.beat([living])).fenced).toEqual([])
}

interface Setting {
  scheduler: fc.Scheduler
  orphans: number
  refuseOnce: boolean
}

const setting: fc.Arbitrary<Setting> = fc.record({
  scheduler: fc.scheduler(),
  orphans: fc.integer({ min: 1, max: 5 }),
  refuseOnce: fc.boolean(),
})

/** Several sweeps at once, beside agents that beat; `change` stands between them and the store. */
async function sweepAtOnce(
  { scheduler, orphans, refuseOnce }: Setting,
  change: (store: FleetStore) => FleetStore = store => store,
): Promise<void> {
  const clock = new ManualClock()
  const calm = createMemoryFleetStore({ clock })
  for (let index = 0; index < orphans; index += 1) {
    const resources = [{ kind: 'thing', key: String(index) }]
    await join(calm, `orphan-${index}`, { resources })
  }
  const late = await join(calm, 'late')
  clock.advance(LEASE_TTL / 2)
  const living = await join(calm, 'living')
  clock.advance(LEASE_TTL / 2)

  const store = inTurn(change(calm), scheduler)
  const errors: unknown[] = []
  const reclaimer = things(scheduler, refuseOnce)
  const sweeps = Array.from({ length: COORDINATORS }, (_, index) =>
    sweepOn(store, { holder: `coordinator-${index}`, reclaimer, calm, errors }),
  )
  const [results, lateReply] = await scheduler.waitFor(
    Promise.all([Promise.all(sweeps), store.beat([late]), beat(store, living)]),
  )
  const last = await sweepOn(calm, {
    holder: 'last',
    reclaimer: { kind: 'thing', reclaim: async () => {} },
    calm,
    errors,
  })

  // Nobody's claim ran out, so only who was refused was asked again.
  const most = refuseOnce ? 2 : 1
  for (const asked of Map.groupBy(reclaimer.asked, key => key).values()) expect(asked.length).toBeLessThanOrEqual(most)

  // The late beat came before the claim, or was refused: never both.
  const lateWasReaped = lateReply.fenced.length === 1
  const cleaned = [...results, last].flatMap(result => result.orphans.filter(({ status }) => status === 'cleaned'))
  const names = cleaned.map(({ agentId }) => agentId).toSorted()
  const expected = Array.from({ length: orphans }, (_, index) => `orphan-${index}`)
  expect(names).toEqual(lateWasReaped ? ['late', ...expected] : expected)
  const { events } = await calm.pendingEvents(1_000)
  expect(events.filter(({ type }) => type === 'cleanup_completed')).toHaveLength(names.length)
  expect(await calm.counts()).toMatchObject({ phases: { reaping: 0, quarantined: 0 }, tombstones: names.length })
  expect(errors).toEqual([])
}

it(`reclaim each orphan once, and nobody who lives, in ${SCHEDULES} schedules`, async () => {
  const property = fc.asyncProperty(setting, one => sweepAtOnce(one))
  await fc.assert(property, { numRuns: SCHEDULES, seed: SEED })
}, 3_600_000)

it.each(['gives one lease to two coordinators', 'reaps whoever was not heard of for half a lease'])(
  'are found out on a store that %s',
  async name => {
    const property = fc.asyncProperty(setting, one => sweepAtOnce(one, FAULTS[name]?.plant()))
    expect(await fc.check(property, { numRuns: 100, seed: SEED, endOnFailure: true })).toMatchObject({ failed: true })
  },
)
