import { describe, expect, test } from 'vitest'
import type { LeaseRef } from '../../src/fleet/records.ts'
import { claimExpired, claimProven, join, LEASE_TTL, only, release } from './contract-values.ts'
import { useSqliteFolder } from './sqlite-folder.ts'

describe('a damaged fleet.db', () => {
  test.each([
    ['roots', 'not JSON {'],
    ['roots', '{}'],
    ['roots', '[1]'],
    ['labels', '[]'],
    ['labels', '{"team": 1}'],
    ['labels', 'null'],
  ])('does not stop a sweep: %s is %j', async (column, text) => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    const ids = ['agent-1', 'agent-2', 'agent-3']
    for (const id of ids) await join(store, id)
    folder.raw().prepare(`UPDATE leases SET ${column} = ? WHERE id = 'agent-2'`).run(text)

    expect((await store.list({ limit: 2 })).map(({ id }) => id)).toEqual(['agent-1', 'agent-3'])
    expect(await store.get('agent-2')).toBeNull()
    folder.clock.advance(LEASE_TTL)
    expect((await store.expired(10)).claims.map(({ reason }) => reason)).toContain('corrupt_heartbeat')
    const { claims } = await claimExpired(store)
    expect(claims.map(({ id }) => id).toSorted()).toEqual(ids)
    const damaged = only(claims.filter(({ id }) => id === 'agent-2'))
    expect(damaged).toMatchObject({ reason: 'corrupt_heartbeat', agent: null })
    for (const { agent, reason } of claims.filter(claim => claim !== damaged)) {
      expect([agent?.phase, reason]).toEqual(['reaping', 'missing_heartbeat'])
    }
    expect(await store.fail(damaged.token, { error: 'unreadable', maxAttempts: 0, retryIn: 0 })).toBe('quarantined')
  })

  test('lets a damaged agent beat, and be superseded', async () => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    const ref = await join(store, 'agent-1')
    folder.raw().exec(`UPDATE leases SET labels = 'x'`)
    expect((await store.beat([ref])).fenced).toEqual([])
    await expect(join(store, 'agent-1')).rejects.toMatchObject({ code: 'AGENT_EXISTS', facts: { ...ref, agent: null } })
    expect(await join(store, 'agent-1', { supersede: ref.epoch })).toMatchObject({ id: 'agent-1' })
  })

  test('names a resource that cannot be read', async () => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    const ref = await join(store, 'agent-1', { resources: [{ kind: 'process', key: '1' }] })
    folder.raw().exec(`UPDATE resources SET data = '"text"'`)
    await expect(store.resources(ref)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      facts: { kind: 'process', key: '1' },
    })
  })

  test('leaves out a pending event that cannot be read', async () => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    for (const id of ['a', 'b', 'c']) await store.addEvent({ id, type: 't' })
    folder.raw().exec(`UPDATE outbox SET event = '{' WHERE number = 2`)
    const { last, events } = await store.pendingEvents(10)
    expect([last, events.map(({ id }) => id)]).toEqual([3, ['a', 'c']])
  })

  test('forgets the oldest of too many pending events', async () => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    for (const id of ['a', 'b']) await store.addEvent({ id, type: 't' })
    // As if 99,999 events had come and gone since.
    folder.raw().exec(`UPDATE sqlite_sequence SET seq = seq + 99998 WHERE name = 'outbox'`)
    await store.addEvent({ id: 'c', type: 't' })
    expect((await store.pendingEvents(10)).events.map(({ id }) => id)).toEqual(['b', 'c'])
  })

  test('ends a walk through agents that are one another’s parents', async () => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    const head = await join(store, 'a')
    const child = await join(store, 'b', { parent: head })
    await join(store, 'c', { parent: child })
    const sql = `UPDATE leases SET (parent_id, parent_epoch) = (SELECT id, epoch FROM leases WHERE id = 'c') WHERE id = 'a'`
    folder.raw().exec(sql)
    const { claims } = await claimProven(store, child)
    expect(claims.map(({ id }) => id).toSorted()).toEqual(['a', 'b', 'c'])
  })

  test('gives rising epochs after it forgot what it gave before', async () => {
    const folder = await useSqliteFolder()
    const store = await folder.connect()
    let before: LeaseRef = { id: 'agent-1', epoch: '0' }
    for (let life = 0; life < 5; life += 1) {
      const ref = await join(store, 'agent-1')
      expect(Number(ref.epoch)).toBeGreaterThan(Number(before.epoch))
      before = ref
      await release(store, ref)
      folder.raw().exec('DELETE FROM tombstones')
      folder.clock.advance(1)
    }
  })
})
