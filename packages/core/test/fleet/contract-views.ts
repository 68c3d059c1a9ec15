import { describe, expect, test, vi } from 'vitest'
import { LIVE_PHASES } from '../../src/fleet/records.ts'
import { until } from '../support/until.ts'
import type { Subject } from './contract.ts'
import { claimProven, join, LEASE_TTL, only, registration, release } from './contract-values.ts'

const WEEK = 7 * 24 * 60 * 60 * 1_000

export function viewContract(subject: Subject): void {
  describe('views', () => {
    test('list agents in order of registration, page by page', async () => {
      const { store } = subject()
      for (const id of ['c', 'a', 'b']) await join(store, id)
      const first = await store.list({ limit: 2 })
      expect(first.map(({ id }) => id)).toEqual(['c', 'a'])
      const after = first.at(-1)?.seq ?? 0
      expect((await store.list({ after })).map(({ id }) => id)).toEqual(['b'])
    })

    test('list agents of one boot, and in some phases', async () => {
      const { store } = subject()
      const here = { pid: 1, startTime: '1', bootId: 'here' }
      const first = await join(store, 'a', { process: here })
      await join(store, 'b', { process: { ...here, bootId: 'elsewhere' } })
      await join(store, 'c', { process: here })
      await claimProven(store, first)
      expect((await store.list({ bootId: 'here' })).map(({ id }) => id)).toEqual(['a', 'c'])
      expect((await store.list({ bootId: 'here', phases: LIVE_PHASES })).map(({ id }) => id)).toEqual(['c'])
      expect((await store.list({ phases: ['reaping'] })).map(({ id }) => id)).toEqual(['a'])
      expect(await store.list({ phases: [] })).toEqual([])
    })

    test('count phases and tombstones', async () => {
      const { store } = subject()
      const refs = []
      for (const id of ['a', 'b', 'c', 'd', 'e']) refs.push(await join(store, id))
      const [a, b, c, d] = refs
      if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('unreachable')
      await store.beat([a, b])
      await store.update(b, { phase: 'draining' })
      const { live, claims } = await claimProven(store, c)
      await store.fail(only(claims).token, { error: '', maxAttempts: 0, retryIn: 0 })
      expect(live).toBe(4)
      await release(store, d)
      expect(await store.counts()).toEqual({
        phases: { starting: 1, alive: 1, draining: 1, reaping: 0, quarantined: 1 },
        tombstones: 1,
      })
    })

    test('keep tombstones for seven days, newest first', async () => {
      const { store, clock } = subject()
      await release(store, await join(store, 'old'))
      clock.advance(WEEK - 1)
      await release(store, await join(store, 'a'))
      await release(store, await join(store, 'b'))
      expect((await store.tombstones()).map(({ id }) => id)).toEqual(['b', 'a', 'old'])
      expect((await store.tombstones({ limit: 1 })).map(({ id }) => id)).toEqual(['b'])
      expect((await store.tombstones({ id: 'a' })).map(({ id }) => id)).toEqual(['a'])
      clock.advance(1)
      await release(store, await join(store, 'c'))
      expect((await store.tombstones()).map(({ id }) => id)).toEqual(['c', 'b', 'a'])
    })

    test('remember the processes of a boot that are to be kept', async () => {
      const { store } = subject()
      const process = { pid: 1, startTime: '1', bootId: 'boot-1' }
      await store.keep(process)
      await store.keep(process)
      await store.keep({ ...process, startTime: '2' })
      await store.keep({ ...process, bootId: 'boot-2' })
      expect(await store.kept('boot-1')).toEqual([process, { ...process, startTime: '2' }])
    })

    test('forget kept processes of a boot that nothing names any more', async () => {
      const { store, clock } = subject()
      const gone = { pid: 1, startTime: '1', bootId: 'gone' }
      const used = { pid: 1, startTime: '1', bootId: 'used' }
      await store.keep(gone)
      await store.keep(used)
      await join(store, 'agent-1', { process: used, leaseTtl: 2 * WEEK })
      clock.advance(WEEK + 1)
      await store.keep({ pid: 1, startTime: '1', bootId: 'now' })
      expect(await store.kept('gone')).toEqual([])
      expect(await store.kept('used')).toEqual([used])
    })
  })

  describe('time', () => {
    test('ends no lease when the wall clock is set', async () => {
      const { store, clock } = subject()
      await join(store, 'agent-1')
      for (const by of [WEEK, -2 * WEEK]) {
        clock.setWall(by)
        expect((await store.expired(10)).claims).toEqual([])
      }
      clock.advance(LEASE_TTL)
      expect((await store.expired(10)).claims).toHaveLength(1)
    })
  })

  describe('a connection', () => {
    test('hears of changes until it stops listening', async () => {
      const { store, connect } = subject()
      const other = await connect()
      const heard = vi.fn<() => void>()
      const stop = other.onChange(heard)
      await join(store, 'agent-1')
      await until(() => heard.mock.calls.length > 0)
      stop()
      stop()
      const calls = heard.mock.calls.length
      const heardToo = vi.fn<() => void>()
      other.onChange(heardToo)
      await join(store, 'agent-2')
      await until(() => heardToo.mock.calls.length > 0)
      expect(heard).toHaveBeenCalledTimes(calls)
    })

    test('hears of its own changes', async () => {
      const { store } = subject()
      const heard = vi.fn<() => void>()
      store.onChange(heard)
      await join(store, 'agent-1')
      await until(() => heard.mock.calls.length > 0)
    })

    test('refuses calls after it was closed, which may be said twice', async () => {
      const { store } = subject()
      await store.close()
      await store.close()
      await expect(store.get('agent-1')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
      await expect(store.register(registration('agent-1'))).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    })

    test('does nothing for a caller that gave up', async () => {
      const { store } = subject()
      const signal = AbortSignal.abort(new Error('gave up'))
      await expect(store.register(registration('agent-1'), { signal })).rejects.toMatchObject({ code: 'ABORTED' })
      expect(await store.list()).toEqual([])
    })
  })
}
