/** Numbers in fleet.db that Oakum never wrote: no sweep is stopped by them, nothing is left for ever, and nobody is reaped alive. */
import { join as joinPath } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, test } from 'vitest'
import type { ClaimReply, FleetStore } from '../../src/fleet/store.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { temporaryFolder } from '../support/sqlite.ts'
import { CLAIM_TTL, claimExpired, join, LEASE_TTL, NOTHING_HELD } from './contract-values.ts'
import { openUrl, quickCoordinator } from './fleets.ts'
import { type SqliteFolder, useSqliteFolder } from './sqlite-folder.ts'

const TOO_LARGE = 2n ** 62n
const GUARD = { gaps: true, hosts: true }

function damage(folder: SqliteFolder, column: string, value: number | bigint | string | null): void {
  folder.raw().prepare(`UPDATE leases SET ${column} = ? WHERE id = 'damaged'`).run(value)
}

function sweep(store: FleetStore): Promise<ClaimReply> {
  return store.claim({ holder: 'c', claimTtl: CLAIM_TTL, what: { by: 'expired', guard: GUARD } })
}

/** Sweeps and finishes for a while, and beats for the living. */
async function sweepFor(store: FleetStore, clock: ManualClock, duration: number): Promise<string[]> {
  const told: string[] = []
  const living = (await store.get('living')) ?? { id: 'living', epoch: '0' }
  for (let time = 0; time < duration; time += LEASE_TTL / 4) {
    clock.advance(LEASE_TTL / 4)
    expect((await store.beat([{ id: living.id, epoch: living.epoch }])).fenced).toEqual([])
    for (const { id, token, agent, reason } of (await sweep(store)).claims) {
      told.push(`${id}: ${agent === null ? reason : 'reclaimed'}`)
      if (agent !== null) await store.finish(token, NOTHING_HELD)
      else await store.fail(token, { error: 'cannot be read', maxAttempts: 0, retryIn: 0 })
    }
  }
  return told.toSorted()
}

describe('a record with an impossible', () => {
  test.each([
    ['last_beat', TOO_LARGE],
    ['last_beat', -5],
    ['registered_at', TOO_LARGE],
    ['registered_at', 9.1e15],
    ['progress_at', TOO_LARGE],
    ['stop_requested_at', -TOO_LARGE],
    ['lease_ttl', 0],
    ['lease_ttl', -1_000],
    ['lease_ttl', TOO_LARGE],
    ['pid', 0],
    ['pid', -1],
    ['pid', TOO_LARGE],
    ['put_off_at', TOO_LARGE],
  ])('%s of %s is quarantined, listed, and stops nobody else', async (column, value) => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    for (const id of ['first', 'damaged', 'living', 'last']) await join(store, id)
    damage(folder, column, value)
    const isReadable = column === 'put_off_at'
    expect((await store.list()).map(({ id }) => id)).toContain('living')
    const expected = isReadable ? 'damaged: reclaimed' : 'damaged: corrupt_heartbeat'
    expect(await sweepFor(store, folder.clock, 3 * LEASE_TTL)).toEqual([
      expected,
      'first: reclaimed',
      'last: reclaimed',
    ])
    const listed = (await store.quarantined()).map(({ id, reason, agent }) => [id, reason, agent])
    expect(listed).toEqual(isReadable ? [] : [['damaged', 'corrupt_heartbeat', null]])
    // Nobody can make it readable by trying again; but it can be tried, and its id is free.
    if (!isReadable) expect(await store.retry('damaged')).toBe(1)
    expect(await join(store, 'damaged')).toMatchObject({ id: 'damaged' })
  })

  test.each([
    ['missing', null],
    ['in a hundred days', 1_760_000_000_000 + 8.64e9],
    ['beyond any number', TOO_LARGE],
  ])('deadline that is %s is put right', async (_what, value) => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    for (const id of ['damaged', 'living']) await join(store, id)
    folder.raw().prepare('UPDATE leases SET due_at = ?').run(value)
    expect((await sweep(store)).claims).toEqual([])
    expect(await sweepFor(store, folder.clock, LEASE_TTL)).toEqual(['damaged: reclaimed'])
  })

  test.each([
    ['missing', null],
    ['beyond any number', TOO_LARGE],
  ])('end of a claim that is %s is put right', async (_what, value) => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    await join(store, 'damaged')
    folder.clock.advance(LEASE_TTL)
    await claimExpired(store)
    damage(folder, 'due_at', value)
    expect((await sweep(store)).claims).toMatchObject([{ id: 'damaged', attempt: 2 }])
  })

  test('phase is reaped as what had ended', async () => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    for (const id of ['damaged', 'living']) await join(store, id)
    damage(folder, 'phase', 'undead')
    expect(await store.get('damaged')).toBeNull()
    expect(await sweepFor(store, folder.clock, LEASE_TTL)).toEqual(['damaged: reclaimed'])
  })

  test('memory of sweeps is as none', async () => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    await sweep(store)
    for (const state of ['{', '[]', '{"gaps": 1, "holds": null}', '{"gaps": [{}], "holds": {"gap": {}}}']) {
      await join(store, 'damaged')
      folder.raw().prepare('UPDATE guard SET state = ?').run(state)
      folder.clock.advance(LEASE_TTL)
      const { claims } = await sweep(store)
      expect(claims.map(({ id }) => id)).toEqual(['damaged'])
      for (const { token } of claims) await store.finish(token, NOTHING_HELD)
    }
    folder.raw().exec('DELETE FROM guard; DELETE FROM hosts')
    await join(store, 'damaged')
    folder.clock.advance(LEASE_TTL)
    expect((await sweep(store)).claims).toHaveLength(1)
  })

  test.each([
    '{"gaps": [null], "holds": {}}',
    '{"gaps": [{"endedAt": 1e300, "length": 1e300}], "holds": {}}',
    '{"gaps": [], "holds": null}',
    '{"gaps": [], "holds": {"hosts": null}}',
    '{"gaps": [], "holds": {"hosts": {}}}',
    '{"gaps": [], "holds": {"hosts": {"since": 1e300, "until": 1e300, "lease": 1e300}}}',
    '{"gaps": [], "holds": {"hosts": {"since": 1, "until": 2, "lease": 1, "let": {"host": "x", "at": 1e300}}}}',
  ])('doubt of %s holds nothing, and ends no sweep', async state => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    for (const id of ['damaged', 'living']) await join(store, id)
    await sweep(store)
    folder.raw().prepare('UPDATE guard SET state = ?').run(state)
    expect(await sweepFor(store, folder.clock, 2 * LEASE_TTL)).toEqual(['damaged: reclaimed'])
  })

  test.each([
    ['guard SET swept_at', TOO_LARGE],
    ['guard SET swept_at', -TOO_LARGE],
    ['guard SET hosts', TOO_LARGE],
    ['guard SET hosts', -TOO_LARGE],
    ['hosts SET live', TOO_LARGE],
    ['hosts SET live', -TOO_LARGE],
    ['hosts SET silent_at = 1760000000000, live', TOO_LARGE],
    ['hosts SET silent_at', TOO_LARGE],
    ['counts SET count', TOO_LARGE],
    ['counts SET count', -TOO_LARGE],
  ])('number of what there is (%s = %s) ends no sweep', async (what, value) => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    for (const id of ['first', 'last', 'living', 'more']) await join(store, id, { host: id })
    await sweep(store)
    folder.raw().prepare(`UPDATE ${what} = ?`).run(value)
    // Three of four hosts are a crowd where they can be counted, and go one by one.
    expect(await sweepFor(store, folder.clock, 6 * LEASE_TTL)).toEqual([
      'first: reclaimed',
      'last: reclaimed',
      'more: reclaimed',
    ])
  })

  test('last sweep, far ahead, hides no gap after the next one', async () => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    await join(store, 'living')
    folder.raw().exec('UPDATE guard SET swept_at = 9000000000000')
    await sweep(store)
    folder.clock.advance(2 * LEASE_TTL)
    expect(await sweep(store)).toMatchObject({ claims: [], held: [{ id: 'living', reason: 'gap' }] })
  })

  test('place in the order of all is left out, and holds up nobody', async () => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    for (const id of ['damaged', 'living', 'gone']) await join(store, id)
    damage(folder, 'seq', TOO_LARGE)
    folder.raw().prepare('UPDATE leases SET due_at = ?').run(TOO_LARGE)
    await sweep(store)
    expect((await store.list()).map(({ id }) => id)).toEqual(['living', 'gone'])
    expect(await sweepFor(store, folder.clock, LEASE_TTL)).toContain('gone: reclaimed')
  })

  test.each([TOO_LARGE, -TOO_LARGE, BigInt(Number.MAX_SAFE_INTEGER), BigInt(Number.MAX_SAFE_INTEGER) - 1n])(
    'epoch of %s is quarantined, and takes the id from nobody',
    async value => {
      const folder = await useSqliteFolder()
      const store = await folder.connect()
      await join(store, 'living')
      const first = await join(store, 'damaged')
      damage(folder, 'epoch', value)
      expect(await sweepFor(store, folder.clock, LEASE_TTL)).toEqual(['damaged: corrupt_heartbeat'])
      const next = await join(store, 'damaged')
      expect(Number(next.epoch)).toBeGreaterThan(Number(first.epoch))
      expect((await store.beat([next])).fenced).toEqual([])
      expect(await store.get('damaged')).toMatchObject({ epoch: next.epoch, phase: 'alive' })
      expect(await store.requestStop('damaged')).toBe(true)
    },
  )

  test('time of a thing, or pid of a kept process, hides no other', async () => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    const agent = await join(store, 'damaged', { resources: [{ kind: 'key', key: 'k' }] })
    for (const pid of [7, 8]) await store.keep({ pid, startTime: '1', bootId: 'boot-1' })
    folder.raw().prepare('UPDATE resources SET owned_at = ?').run(TOO_LARGE)
    folder.raw().prepare('UPDATE kept SET pid = ? WHERE pid = 7').run(TOO_LARGE)
    expect(await store.resources(agent)).toMatchObject([{ kind: 'key', key: 'k' }])
    expect(await store.kept('boot-1')).toMatchObject([{ pid: 8 }])
  })

  test.each(['epoch', 'registered_at', 'last_beat', 'ended_at'])(
    '%s of a tombstone hides that one alone',
    async column => {
      const folder = await useSqliteFolder()
      const store = await folder.connect()
      for (const id of ['damaged', 'fine']) await join(store, id)
      folder.clock.advance(LEASE_TTL)
      for (const { token } of (await claimExpired(store)).claims) await store.finish(token, NOTHING_HELD)
      folder.raw().prepare(`UPDATE tombstones SET ${column} = ? WHERE id = 'damaged'`).run(TOO_LARGE)
      expect(await store.tombstones()).toMatchObject([{ id: 'fine' }])
      expect(await store.tombstones({ id: 'damaged' })).toEqual([])
      expect(await join(store, 'damaged')).toMatchObject({ id: 'damaged' })
    },
  )

  test('time sets no clock after a boot', async () => {
    const folder = await useSqliteFolder()
    const before = await folder.connect()
    const { epoch } = await join(before, 'damaged')
    damage(folder, 'last_beat', TOO_LARGE)
    damage(folder, 'registered_at', 9.1e15)
    await before.close()
    const after = await folder.connect({ bootId: 'boot-2' })
    expect((await after.check([])).now).toBe(folder.clock.now())
    folder.clock.advance(1)
    expect(Number((await join(after, 'next')).epoch)).toBeGreaterThan(Number(epoch))
  })
})

it('a whole sweep goes on past every kind of damage', async () => {
  const directory = temporaryFolder()
  const clock = new ManualClock()
  const fleet = await openUrl(`sqlite:${directory}`, { clock, leaseTtl: LEASE_TTL })
  const columns = ['pid', 'lease_ttl', 'last_beat', 'registered_at', 'due_at', 'attempts', 'epoch']
  for (const id of [...columns, 'fine']) await fleet.register({ id })
  const database = new DatabaseSync(joinPath(directory, 'fleet.db'))
  for (const column of columns) {
    database.prepare(`UPDATE leases SET ${column} = ? WHERE id = ?`).run(TOO_LARGE, column)
  }
  database.close()
  const coordinator = quickCoordinator(fleet)
  const statuses = new Map<string, string>()
  for (let time = 0; time < 3; time += 1) {
    clock.advance(LEASE_TTL)
    for (const { agentId, status } of (await coordinator.sweep()).orphans) statuses.set(agentId, status)
  }
  expect(statuses.get('fine')).toBe('cleaned')
  expect([...statuses.keys()].toSorted()).toEqual([...columns, 'fine'].toSorted())
})
