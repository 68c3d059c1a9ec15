import { DatabaseSync } from 'node:sqlite'
import { expect, test, vi } from 'vitest'
import {
  CLAIM_TTL,
  claimExpired,
  claimProven,
  claimReleased,
  join,
  LEASE_TTL,
  only,
  registration,
} from './contract-values.ts'
import { type SqliteFolder, useSqliteFolder } from './sqlite-folder.ts'

/** Reads of whole tables that are fine, each with its reason. */
const ALLOWED = [
  'SCAN counts', // has six rows
  'SCAN guard', // has one row
  'SCAN tombstones', // by number, and only the first or last few
  'SCAN outbox', // by number, and only the first few
  'SCAN kept', // when a process is kept, which people do by hand
  'SCAN json_each', // the phases that a caller named
  'SCAN (subquery', // over one of the above
]

/** What opening a file asks of SQLite itself. */
const OPENING = /^PRAGMA|sqlite_schema/

test('no call reads more of a table than it touches', async () => {
  const folder = await useSqliteFolder()
  const opened = await folder.connect()
  // The clock of a new boot does read all leases, once; that was the call above.
  const prepared = vi.spyOn(DatabaseSync.prototype, 'prepare')
  const store = await folder.connect()
  await useEverything(store, folder)
  const texts: string[] = prepared.mock.calls.map(([sql]) => sql).filter(sql => !OPENING.test(sql))
  prepared.mockRestore()
  await opened.close()

  expect(texts.length).toBeGreaterThan(40)
  const database = folder.raw()
  for (const sql of texts) {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all({})
    const scans = plan.map(({ detail }) => String(detail)).filter(detail => detail.startsWith('SCAN'))
    const refused = scans.filter(detail => !ALLOWED.some(allowed => detail.startsWith(allowed)))
    expect(refused, sql).toEqual([])
  }
})

async function useEverything(store: Awaited<ReturnType<SqliteFolder['connect']>>, folder: SqliteFolder): Promise<void> {
  const thing = { kind: 'key', key: 'k' }
  const first = await join(store, 'agent-1', { resources: [thing] })
  await store.beat([first])
  await store.update(first, { state: 'busy', phase: 'draining' })
  await store.requestStop('agent-1')
  await store.beat([first])
  await store.own(first, thing)
  await store.resources(first)
  await store.disown(first, 'key', 'k')
  await store.setKey(first, 'k', 'v')
  await store.getKey('k')
  await store.deleteKey(first, 'k')
  await store.tryLock(first, 'l')
  await store.unlock(first, 'l')
  await store.register(registration('child', { parent: first }))
  await claimReleased(store, first)
  folder.clock.advance(LEASE_TTL)
  await useGuard(store, folder)
  await store.expired(10)
  const { claims } = await claimExpired(store)
  const tokens = claims.map(({ token }) => token)
  await store.renewClaims(tokens, CLAIM_TTL)
  for (const token of tokens) {
    await store.mayReclaim(token, 'directory', '/work')
    await store.reclaimed(token, 'key', 'k')
    await store.fail(token, { error: 'x', maxAttempts: 2, retryIn: 0 })
  }
  for (const { token } of (await claimExpired(store)).claims) {
    await store.fail(token, { error: 'x', maxAttempts: 0, retryIn: 0 })
  }
  const last = only((await claimProven(store, await join(store, 'agent-2'))).claims)
  await store.finish(last.token, { released: 0, kept: [], milliseconds: 0 })
  const idle = await join(store, 'agent-3', { progressTimeout: LEASE_TTL })
  folder.clock.advance(LEASE_TTL)
  for (const stuck of [true, false]) await store.beat([{ ...idle, stuck }])
  await store.stalled({ limit: 10, judgeFor: CLAIM_TTL })
  await store.beat([{ ...idle, progressed: true }])
  await store.settleStalled(idle, { stop: false })
  await store.list()
  await store.list({ bootId: 'boot-1', phases: ['reaping'] })
  await store.tombstones()
  await store.tombstones({ id: 'agent-1' })
  await store.counts()
  await store.keep({ pid: 1, startTime: '1', bootId: 'boot-1' })
  await store.kept('boot-1')
  await store.dropPendingEvents((await store.pendingEvents(10)).last)
}

/** Three hosts of four fall silent after a gap: both doubts, and the way out by force. */
async function useGuard(store: Awaited<ReturnType<SqliteFolder['connect']>>, folder: SqliteFolder): Promise<void> {
  const guard = { gaps: true, hosts: true }
  const sweep = (force = false): ReturnType<typeof store.claim> =>
    store.claim({ holder: 'c', claimTtl: CLAIM_TTL, what: { by: 'expired', guard, force } })
  await sweep()
  for (const host of ['a', 'b', 'c', 'd']) await join(store, `on-${host}`, { host })
  for (const time of [3 * LEASE_TTL, LEASE_TTL]) {
    folder.clock.advance(time)
    await sweep()
  }
  await store.expired(10, { guard })
  for (const { token } of (await sweep(true)).claims) {
    await store.fail(token, { error: 'x', maxAttempts: 0, retryIn: 0 })
  }
  await store.quarantined()
  await store.retry('on-a')
  await store.retry()
}
