import { mkdirSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { aborted } from '../../src/errors/index.ts'
import { openSqliteEventLog } from '../../src/events/drivers/sqlite/log.ts'
import { openSqliteFleetStore } from '../../src/fleet/drivers/sqlite/store.ts'
import { Fleet } from '../../src/fleet/fleet.ts'
import { resolveFleetOptions, type FleetOptions } from '../../src/fleet/fleet-options.ts'
import type { CoordinatorOptions, Reclaimer } from '../../src/fleet/index.ts'
import { CLAIM_LIMIT } from '../../src/fleet/store-limits.ts'
import { useFakeTime } from '../support/fake-time.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { until } from '../support/until.ts'
import { gate, openUrl as openWithTheirClock, quickCoordinator } from './fleets.ts'

const LEASE = 120_000
/** For which a claim stands by default. */
const CLAIM = 60_000

/** Of all fleets of a test: leases and claims run out when the test says so. */
let clock: ManualClock

beforeEach(() => {
  clock = new ManualClock()
})

const openUrl = (url: string, options: FleetOptions = {}): Promise<Fleet> =>
  openWithTheirClock(url, { clock, ...options })

/** A store with agents whose leases have just run out: nobody beats for them. */
async function leaveOrphans(url: string, register: (fleet: Fleet) => Promise<void>): Promise<void> {
  const fleet = await openUrl(url, { leaseTtl: LEASE })
  await register(fleet)
  await fleet.close({ release: false })
  clock.advance(LEASE)
}

function thing(key: string): { kind: string; ref: { key: string } } {
  return { kind: 'thing', ref: { key } }
}

/** Notes what it reclaims, and refuses what it is told to. */
function things(options: { refuse?: string[] } = {}): Reclaimer & { order: string[] } {
  const order: string[] = []
  return {
    kind: 'thing',
    order,
    async reclaim({ key }) {
      order.push(key)
      if (options.refuse?.includes(key) === true) throw new Error(`${key} is stuck`)
    },
  }
}

describe('a sweep', () => {
  it('reclaims the silent, leaves the living, and says who', async () => {
    const url = `sqlite:${temporaryFolder()}`
    const root = temporaryFolder()
    mkdirSync(join(root, 'work'))
    await leaveOrphans(url, async fleet => {
      const agent = await fleet.register({ id: 'silent', roots: [root] })
      await agent.own('directory', join(root, 'work'))
      await until(() => agent.phase === 'alive')
    })
    const fleet = await openUrl(url)
    await fleet.register({ id: 'living' })
    const result = await quickCoordinator(fleet).sweep()
    expect(result).toMatchObject({ orphansDetected: 1, orphansCleaned: 1, healthyAgents: 1 })
    const [orphan] = result.orphans
    expect(orphan).toMatchObject({ agentId: 'silent', reason: 'stale_heartbeat', released: 1, status: 'cleaned' })
    expect(orphan).toMatchObject({ idleTime: LEASE, lastSeen: clock.now() - LEASE })
    expect(existsSync(join(root, 'work'))).toBe(false)
  })

  it('reclaims children before their parents', async () => {
    const url = `sqlite:${temporaryFolder()}`
    await leaveOrphans(url, async fleet => {
      const top = await fleet.register({ id: 'top', resources: [thing('top')] })
      const middle = await fleet.register({ id: 'middle', parent: top, resources: [thing('middle')] })
      await fleet.register({ id: 'leaf-1', parent: middle, resources: [thing('leaf')] })
      await fleet.register({ id: 'leaf-2', parent: 'middle', resources: [thing('leaf')] })
    })
    const reclaimer = things()
    const result = await quickCoordinator(await openUrl(url), { reclaimers: [reclaimer] }).sweep()
    expect(result.orphansCleaned).toBe(4)
    expect(reclaimer.order).toEqual(['leaf', 'leaf', 'middle', 'top'])
  })

  it('tries again what could not be reclaimed, then quarantines it, while others are cleaned', async () => {
    const url = `sqlite:${temporaryFolder()}`
    await leaveOrphans(url, async fleet => {
      await fleet.register({ id: 'stuck', resources: [thing('fine'), thing('stuck')] })
      await fleet.register({ id: 'unknown', resources: [{ kind: 'mystery', ref: { key: 'x' } }] })
      await fleet.register({ id: 'easy', resources: [thing('easy')] })
    })
    const fleet = await openUrl(url)
    const reclaimer = things({ refuse: ['stuck'] })
    const coordinator = quickCoordinator(fleet, { reclaimers: [reclaimer], maxAttempts: 3 })
    const first = await coordinator.sweep()
    expect(first).toMatchObject({ orphansDetected: 3, orphansCleaned: 1 })
    expect(first.orphans.find(({ agentId }) => agentId === 'stuck')).toMatchObject({
      status: 'retry',
      released: 1,
      error: 'stuck is stuck',
    })
    for (const attempt of [2, 3]) {
      expect(await coordinator.sweep()).toMatchObject({ orphansDetected: 0 })
      clock.advance(2 ** attempt * 10)
      expect(await coordinator.sweep()).toMatchObject({ orphansDetected: 2 })
    }
    expect((await fleet.counts()).phases.quarantined).toBe(2)
    expect(await fleet.get('stuck')).toMatchObject({ phase: 'quarantined', attempts: 3, error: 'stuck is stuck' })
    expect((await fleet.get('unknown'))?.error).toContain('mystery')
    // What went in the first attempt was not reclaimed again.
    expect(reclaimer.order.filter(key => key === 'fine')).toHaveLength(1)
    await coordinator.sweep()
    expect(reclaimer.order.filter(key => key === 'stuck')).toHaveLength(3)
    await fleet.flush()
    expect(await fleet.events.read({ types: ['agent_quarantined'] })).toHaveLength(2)
  })

  it('quarantines what cannot be read, and cleans the others', async () => {
    const folder = temporaryFolder()
    const url = `sqlite:${folder}`
    const reclaimer = things()
    await leaveOrphans(url, async fleet => {
      for (const id of ['before', 'record', 'resource', 'after']) await fleet.register({ id, resources: [thing(id)] })
    })
    const database = new DatabaseSync(join(folder, 'fleet.db'))
    database.exec(`UPDATE leases SET labels = '{' WHERE id = 'record'`)
    database.exec(`UPDATE resources SET data = '{' WHERE key = 'resource'`)
    database.close()

    const fleet = await openUrl(url)
    const { orphans } = await quickCoordinator(fleet, { reclaimers: [reclaimer], maxAttempts: 1 }).sweep()
    const statuses = Object.fromEntries(orphans.map(({ agentId, reason, status }) => [agentId, `${reason} ${status}`]))
    expect(statuses).toEqual({
      before: 'missing_heartbeat cleaned',
      record: 'corrupt_heartbeat quarantined',
      resource: 'missing_heartbeat quarantined',
      after: 'missing_heartbeat cleaned',
    })
    expect(reclaimer.order.toSorted()).toEqual(['after', 'before'])
  })

  it('leaves a reclaimer behind that does not listen, and goes on', async () => {
    const url = `sqlite:${temporaryFolder()}`
    await leaveOrphans(url, async fleet => {
      await fleet.register({ id: 'deaf', resources: [{ kind: 'deaf', ref: { key: 'x' } }] })
      await fleet.register({ id: 'easy' })
    })
    let told: AbortSignal | undefined
    const deaf: Reclaimer = {
      kind: 'deaf',
      reclaim: (_resource, { signal }) => {
        told = signal
        return new Promise(() => undefined)
      },
    }
    const fleet = await openUrl(url)
    useFakeTime()
    const sweep = quickCoordinator(fleet, { reclaimers: [deaf], reclaimTimeout: 50 }).sweep()
    await until(async () => told !== undefined && (await fleet.get('easy')) === null)
    await vi.advanceTimersByTimeAsync(50)
    expect(told?.aborted).toBe(true)
    // It has another second to listen.
    await vi.advanceTimersByTimeAsync(1_000)
    const { orphans } = await sweep
    expect(orphans.find(({ agentId }) => agentId === 'easy')?.status).toBe('cleaned')
    expect(orphans.find(({ agentId }) => agentId === 'deaf')).toMatchObject({
      status: 'retry',
      error: 'Reclaiming deaf x took longer than 50 ms.',
    })
  })

  it('takes more than one claim’s worth in several rounds, and tells of each once', async () => {
    const url = `sqlite:${temporaryFolder()}`
    await leaveOrphans(url, async fleet => {
      for (let i = 0; i < CLAIM_LIMIT + 4; i++) await fleet.register({ id: `a-${i}` })
    })
    const fleet = await openUrl(url)
    const result = await quickCoordinator(fleet).sweep()
    expect([result.orphansDetected, result.orphansCleaned]).toEqual([CLAIM_LIMIT + 4, CLAIM_LIMIT + 4])
    expect(await fleet.events.read({ types: ['cleanup_completed'] })).toHaveLength(CLAIM_LIMIT + 4)
    expect(await fleet.events.read({ types: ['orphans_detected'] })).toHaveLength(1)
  })

  it('is one when it is asked for twice at once', async () => {
    const url = `sqlite:${temporaryFolder()}`
    await leaveOrphans(url, async fleet => void (await fleet.register({ id: 'a' })))
    const coordinator = quickCoordinator(await openUrl(url))
    const [first, second] = await Promise.all([coordinator.sweep(), coordinator.sweep()])
    expect(first).toBe(second)
    expect(first.orphansCleaned).toBe(1)
  })

  it('waits for the grace between the announcement and the first reclaimer', async () => {
    const url = `sqlite:${temporaryFolder()}`
    await leaveOrphans(url, async fleet => void (await fleet.register({ id: 'a', resources: [thing('x')] })))
    const fleet = await openUrl(url)
    let waited = 0
    let announced = 0
    const reclaimer: Reclaimer = {
      kind: 'thing',
      reclaim: async () => {
        waited = performance.now() - startedAt
        await fleet.flush()
        announced = (await fleet.events.read({ types: ['cleanup_started'] })).length
      },
    }
    const startedAt = performance.now()
    await quickCoordinator(fleet, { reclaimers: [reclaimer], grace: 200 }).sweep()
    expect(waited).toBeGreaterThanOrEqual(199)
    expect(announced).toBe(1)
  })

  it('goes on with a lease when the store was too busy to write down what was done', async () => {
    const directory = temporaryFolder()
    const url = `sqlite:${directory}`
    await leaveOrphans(url, async fleet => void (await fleet.register({ id: 'a', resources: [thing('x')] })))
    let runs = 0
    const hoarder: Reclaimer = {
      kind: 'thing',
      reclaim: async () => {
        if (++runs > 1) return
        const holder = new DatabaseSync(join(directory, 'fleet.db'))
        holder.exec('BEGIN IMMEDIATE')
        // The write that comes next blocks this process until the store gives up on it; only then does the timer fire.
        setTimeout(() => holder.close(), 1)
      },
    }
    const store = await openSqliteFleetStore({ directory, clock, busyTimeout: 50 })
    const fleet = new Fleet(store, await openSqliteEventLog({ directory }), resolveFleetOptions({ clock }))
    onTestFinished(() => fleet.close())
    const coordinator = quickCoordinator(fleet, { reclaimers: [hoarder] })
    expect(await coordinator.sweep()).toMatchObject({ orphansCleaned: 1, orphans: [{ status: 'cleaned' }] })
    expect(runs).toBe(2)
  })

  it('keeps its claims for as long as a slow reclaim takes', async () => {
    const url = `sqlite:${temporaryFolder()}`
    await leaveOrphans(url, async fleet => void (await fleet.register({ id: 'a', resources: [thing('x')] })))
    const claimTtl = 600
    const slow = gate()
    const [first, second] = [await openUrl(url), await openUrl(url)]
    const rival = quickCoordinator(second, { reclaimers: [slow], claimTtl })
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const sweep = quickCoordinator(first, { reclaimers: [slow], claimTtl }).sweep()
    await until(() => slow.asked.length === 1)
    for (let time = 0; time < 3 * claimTtl; time += 100) {
      clock.advance(100)
      await vi.advanceTimersByTimeAsync(100)
      expect((await rival.sweep()).orphansDetected).toBe(0)
    }
    slow.open()
    expect(await sweep).toMatchObject({ orphansCleaned: 1 })
    expect(slow.asked).toHaveLength(1)
  })
})

describe('a coordinator', () => {
  it('refuses options that cannot work', async () => {
    const fleet = await openUrl('memory:')
    const bad: CoordinatorOptions[] = [
      { claimTtl: 0 },
      { claimTtl: Number.NaN },
      { claimTtl: 2 ** 31 },
      { grace: -1 },
      { retryAfter: Number.NaN },
      { reclaimTimeout: Infinity },
      { maxAttempts: 0 },
      { maxAttempts: 1.5 },
      { sweepEvery: 0 },
      { watchEvery: -1 },
    ]
    for (const options of bad) {
      expect(() => fleet.coordinator(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    }
    fleet.coordinator({ grace: 0, retryAfter: 0, maxAttempts: 1 })
  })

  it('sweeps by itself, until it is stopped, and again when it is started again', async () => {
    const url = `sqlite:${temporaryFolder()}`
    const fleet = await openUrl(url)
    const errors: unknown[] = []
    const coordinator = quickCoordinator(fleet, { sweepEvery: 20, onError: error => errors.push(error) })
    coordinator.start()
    coordinator.start()
    await leaveOrphans(url, async other => void (await other.register({ id: 'first' })))
    await until(async () => (await fleet.tombstones({ id: 'first' })).length === 1)
    await coordinator.stop()
    await coordinator.stop()

    await leaveOrphans(url, async other => void (await other.register({ id: 'second' })))
    expect(await fleet.get('second')).not.toBeNull()
    coordinator.start()
    await until(async () => (await fleet.get('second')) === null)
    await coordinator.stop()
    expect(errors).toEqual([])
  })

  it('waits for the reclaims that run when it is stopped', async () => {
    const url = `sqlite:${temporaryFolder()}`
    await leaveOrphans(url, async fleet => void (await fleet.register({ id: 'a', resources: [thing('x')] })))
    const slow = gate()
    const fleet = await openUrl(url)
    const coordinator = quickCoordinator(fleet, { reclaimers: [slow] })
    coordinator.start()
    await until(() => slow.asked.length === 1)
    let stopped = false
    const stopping = coordinator.stop().then(() => (stopped = true))
    await new Promise(setImmediate)
    expect(stopped).toBe(false)
    slow.open()
    await stopping
    expect(await fleet.get('a')).toBeNull()
  })

  it('tells the reclaims that run to stop when its own time to stop is over', async () => {
    const url = `sqlite:${temporaryFolder()}`
    await leaveOrphans(url, async fleet => void (await fleet.register({ id: 'a', resources: [thing('x')] })))
    let running = false
    const patient: Reclaimer = {
      kind: 'thing',
      reclaim: (_resource, { signal }) =>
        new Promise((_resolve, reject) => {
          running = true
          signal.addEventListener('abort', () => reject(aborted(signal)))
        }),
    }
    const fleet = await openUrl(url)
    const coordinator = quickCoordinator(fleet, { reclaimers: [patient] })
    coordinator.start()
    await until(() => running)
    await coordinator.stop({ deadline: 20 })
    // The lease is still claimed, and taken over when the claim has run out.
    expect(await fleet.get('a')).toMatchObject({ phase: 'reaping' })
    const heir = quickCoordinator(fleet, { reclaimers: [things()] })
    expect(await heir.sweep()).toMatchObject({ orphansDetected: 0 })
    clock.advance(CLAIM)
    expect(await heir.sweep()).toMatchObject({ orphansCleaned: 1 })
  })
})
