import { describe, expect, test } from 'vitest'
import type { Subject } from './contract.ts'
import {
  CLAIM_TTL,
  claimExpired,
  claimProven,
  claimReleased,
  join,
  LEASE_TTL,
  NOTHING_HELD,
  only,
} from './contract-values.ts'

export function claimContract(subject: Subject): void {
  describe('claims', () => {
    test('take what has expired and nothing else, each with its reason', async () => {
      const { store, clock } = subject()
      const silent = await join(store, 'silent')
      await join(store, 'missing')
      clock.advance(LEASE_TTL / 2)
      const { now: lastSeen } = await store.beat([silent])
      await join(store, 'living', { leaseTtl: 10 * LEASE_TTL })
      clock.advance(LEASE_TTL)
      const { claims: foreseen } = await store.expired(10)
      const { claims, live } = await claimExpired(store)
      expect(live).toBe(1)
      expect(claims.map(({ id, reason }) => `${id}: ${reason}`).toSorted()).toEqual([
        'missing: missing_heartbeat',
        'silent: stale_heartbeat',
      ])
      expect(claims.find(({ id }) => id === 'silent')).toMatchObject({
        lastSeen,
        idleTime: LEASE_TTL,
        attempt: 1,
        depth: 0,
        agent: { id: 'silent', phase: 'reaping', attempts: 1, reason: 'stale_heartbeat', labels: { team: 'blue' } },
      })
      expect(claims.find(({ id }) => id === 'missing')).toMatchObject({ lastSeen: null, idleTime: null })
      const facts = (list: typeof claims): string[] =>
        list.map(({ id, reason, attempt, depth }) => JSON.stringify([id, reason, attempt, depth])).toSorted()
      expect(facts(foreseen)).toEqual(facts(claims))
      expect((await claimExpired(store)).claims).toEqual([])
    })

    test('that are only foreseen take nothing', async () => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1')
      clock.advance(LEASE_TTL)
      expect((await store.expired(10)).claims).toHaveLength(1)
      expect((await store.expired(10)).claims).toHaveLength(1)
      expect((await store.beat([ref])).fenced).toEqual([])
    })

    test('never take more than the limit', async () => {
      const { store, clock } = subject()
      for (let index = 0; index < 10; index += 1) await join(store, `agent-${index}`)
      clock.advance(LEASE_TTL)
      expect((await store.expired(4)).claims).toHaveLength(4)
      const sizes = []
      for (let round = 0; round < 4; round += 1) sizes.push((await claimExpired(store, { limit: 4 })).claims.length)
      expect(sizes).toEqual([4, 4, 2, 0])
    })

    test('of proven deaths ignore who is not alive', async () => {
      const { store } = subject()
      const dead = await join(store, 'dead')
      const gone = await join(store, 'gone')
      await claimReleased(store, gone)
      const unknown = { id: 'unknown', epoch: '1' }
      const { claims } = await claimProven(store, dead, dead, gone, unknown)
      expect(only(claims)).toMatchObject({ ...dead, reason: 'process_gone' })
    })

    test('say of each thing whether it may be reclaimed, at the time it is asked', async () => {
      const { store, clock } = subject()
      const resources = [
        { kind: 'thing', key: 'x' },
        { kind: 'directory', key: '/srv/a' },
        { kind: 'lock', key: '/srv/b' },
      ]
      const dead = await join(store, 'dead', { resources })
      const { token } = only((await claimProven(store, dead)).claims)
      const ask = async (): Promise<string[]> =>
        Promise.all(resources.map(({ kind, key }) => store.mayReclaim(token, kind, key)))
      expect(await ask()).toEqual(['free', 'free', 'free'])

      const living = await join(store, 'living')
      await store.own(living, { kind: 'directory', key: '/srv/a-other' })
      await store.own(living, { kind: 'directory', key: '/work' })
      await store.own(living, { kind: 'directory', key: '/srv/b/c' })
      await store.own(living, { kind: 'thing', key: '/srv/a/b' })
      expect(await ask()).toEqual(['free', 'free', 'free'])
      await store.own(living, { kind: 'thing', key: 'x' })
      await store.own(living, { kind: 'lock', key: '/srv/a/lock' })
      expect(await ask()).toEqual(['shared', 'occupied', 'free'])
      await store.own(living, { kind: 'worktree', key: '/srv/a' })
      expect(await ask()).toEqual(['shared', 'shared', 'free'])
      await claimProven(store, living)
      expect(await ask()).toEqual(['free', 'free', 'free'])
      clock.advance(CLAIM_TTL)
      await claimExpired(store)
      expect(await ask()).toEqual(['lost', 'lost', 'lost'])
    })

    test('that run out are taken over, and the first holder can then change nothing', async () => {
      const { store, clock, connect } = subject()
      const ref = await join(store, 'agent-1', { resources: [{ kind: 'key', key: 'k' }] })
      clock.advance(LEASE_TTL)
      const first = only((await claimExpired(store)).claims)
      const other = await connect()
      expect((await claimExpired(other, { holder: 'coordinator-2' })).claims).toEqual([])
      clock.advance(CLAIM_TTL)
      const second = only((await claimExpired(other, { holder: 'coordinator-2' })).claims)
      expect(second).toMatchObject({ ...ref, attempt: 2, reason: 'missing_heartbeat' })
      expect(second.token).not.toBe(first.token)

      expect(await store.reclaimed(first.token, 'key', 'k')).toBe(false)
      expect(await store.fail(first.token, { error: 'x', maxAttempts: 0, retryIn: 0 })).toBe('lost')
      expect(await store.renewClaims([first.token, second.token], CLAIM_TTL)).toEqual([first.token])
      expect(await store.finish(first.token, NOTHING_HELD)).toBe(false)
      expect(await other.resources(ref)).toHaveLength(1)
      expect(await other.reclaimed(second.token, 'key', 'k')).toBe(true)
      expect(await other.resources(ref)).toEqual([])
      expect(await other.finish(second.token, NOTHING_HELD)).toBe(true)
      expect(await other.finish(second.token, NOTHING_HELD)).toBe(false)
    })

    test('that are renewed stay with their holder', async () => {
      const { store, clock } = subject()
      await join(store, 'agent-1')
      clock.advance(LEASE_TTL)
      const { token } = only((await claimExpired(store)).claims)
      for (let round = 0; round < 3; round += 1) {
        clock.advance(CLAIM_TTL - 1)
        expect(await store.renewClaims([token, 'no-token'], CLAIM_TTL)).toEqual(['no-token'])
        expect((await claimExpired(store)).claims).toEqual([])
      }
    })

    test('that ran out still count until somebody takes them over', async () => {
      const { store, clock } = subject()
      await join(store, 'agent-1')
      clock.advance(LEASE_TTL)
      const { token } = only((await claimExpired(store)).claims)
      clock.advance(10 * CLAIM_TTL)
      expect(await store.finish(token, NOTHING_HELD)).toBe(true)
    })

    test('that failed are tried again after a while, then put into quarantine', async () => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1')
      clock.advance(LEASE_TTL)
      const first = only((await claimExpired(store)).claims)
      const options = { error: 'directory is busy', maxAttempts: 2, retryIn: 50 }
      expect(await store.fail(first.token, options)).toBe('retry')
      expect(await store.get('agent-1')).toMatchObject({ phase: 'reaping', attempts: 1, error: 'directory is busy' })
      expect((await claimExpired(store)).claims).toEqual([])
      clock.advance(50)
      const second = only((await claimExpired(store)).claims)
      expect(second).toMatchObject({ attempt: 2 })
      expect(await store.fail(first.token, options)).toBe('lost')
      expect(await store.fail(second.token, options)).toBe('quarantined')
      expect(await store.get('agent-1')).toMatchObject({ phase: 'quarantined', attempts: 2 })
      clock.advance(100 * LEASE_TTL)
      expect((await claimExpired(store)).claims).toEqual([])
      expect((await store.beat([ref])).fenced).toEqual([ref])
    })

    test('finish once, and leave a tombstone', async () => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1')
      const { registeredAt } = (await store.get('agent-1')) ?? {}
      const { now: lastBeat } = await store.beat([ref])
      clock.advance(LEASE_TTL)
      const { now, claims } = await claimExpired(store)
      expect(await store.finish(only(claims).token, NOTHING_HELD)).toBe(true)
      expect(await store.get('agent-1')).toBeNull()
      expect(await store.tombstones({ id: 'agent-1' })).toEqual([
        { ...ref, reason: 'stale_heartbeat', host: 'host-1', registeredAt, lastBeat, endedAt: now },
      ])
    })
  })

  describe('two connections that race for 200 leases', () => {
    test('claim and finish each of them exactly once', async () => {
      const { store, clock, connect } = subject()
      const ids = Array.from({ length: 200 }, (_, index) => `agent-${index}`)
      for (const id of ids) await join(store, id)
      clock.advance(LEASE_TTL)
      const claimed: string[] = []
      const work = async (own: typeof store, holder: string): Promise<void> => {
        for (;;) {
          const { claims } = await claimExpired(own, { limit: 7, holder })
          if (claims.length === 0) return
          for (const { id, token } of claims) {
            claimed.push(id)
            expect(await own.finish(token, NOTHING_HELD)).toBe(true)
          }
        }
      }
      await Promise.all([work(store, 'coordinator-1'), work(await connect(), 'coordinator-2')])
      expect(claimed.toSorted()).toEqual(ids.toSorted())
      expect(await store.counts()).toMatchObject({ phases: { starting: 0, reaping: 0 }, tombstones: 200 })
    })
  })
}
