import { expect, test } from 'vitest'
import { FLEET_SCHEMA } from '../../src/fleet/drivers/sqlite/schema.ts'
import { join, LEASE_TTL } from './contract-values.ts'
import { sweep } from './guarded-sweeps.ts'
import { useSqliteFolder } from './sqlite-folder.ts'

test('nothing is left of a hold that is over', async () => {
  const folder = await useSqliteFolder()
  const store = await folder.connect()
  await sweep(store)
  const refs = [await join(store, 'a'), await join(store, 'b'), await join(store, 'c')]
  const count = (): unknown =>
    folder.raw().prepare('SELECT count(*) AS count FROM leases WHERE put_off_at IS NOT NULL').get()
  folder.clock.advance(2 * LEASE_TTL)
  await sweep(store)
  expect(count()).toEqual({ count: 3 })
  for (const time of [0, LEASE_TTL / 2, LEASE_TTL / 2]) {
    folder.clock.advance(time)
    await store.beat(refs)
  }
  await sweep(store)
  expect(count()).toEqual({ count: 0 })
})

test('hosts are forgotten with their agents', async () => {
  const folder = await useSqliteFolder()
  const store = await folder.connect()
  for (let round = 0; round < 5; round += 1) {
    for (const host of ['a', 'b', 'c', 'd']) await join(store, `on-${host}`, { host: `${host}-${round}` })
    for (let time = 0; time < 5; time += 1) {
      folder.clock.advance(LEASE_TTL)
      for (const { token } of (await sweep(store)).claims) {
        await store.finish(token, { released: 0, kept: [], milliseconds: 0 })
      }
    }
  }
  const { hosts } = folder.raw().prepare('SELECT hosts FROM guard').get() ?? {}
  const { count } = folder.raw().prepare('SELECT count(*) AS count FROM hosts').get() ?? {}
  expect(hosts).toBe(0)
  expect(count).toBeLessThanOrEqual(4)
})

test('a store of an earlier version learns which hosts it has', async () => {
  const folder = await useSqliteFolder()
  const old = folder.raw()
  for (const script of FLEET_SCHEMA.migrations.slice(0, 1)) old.exec(script)
  old.exec(`PRAGMA application_id = ${FLEET_SCHEMA.applicationId}; PRAGMA user_version = 1`)
  const insert = old.prepare(`
    INSERT INTO leases (id, epoch, nonce, phase, state, host, pid, start_time, boot_id, roots, labels, lease_ttl,
                        registered_at, due_at)
    VALUES (?, 1, ?, 'alive', '', ?, 1, '1', 'boot-1', '[]', '{}', ?, ?, ?)`)
  const now = folder.clock.now()
  for (const host of ['a', 'b', 'c']) insert.run(`on-${host}`, host, host, LEASE_TTL, now, now + LEASE_TTL)
  const store = await folder.connect()
  await sweep(store)
  folder.clock.advance(LEASE_TTL)
  expect((await sweep(store)).held.map(({ host, reason }) => `${host}: ${reason}`)).toEqual([
    'a: hosts',
    'b: hosts',
    'c: hosts',
  ])
})
