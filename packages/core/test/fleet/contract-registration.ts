import { describe, expect, test } from 'vitest'
import type { Subject } from './contract.ts'
import { claimExpired, join, LEASE_TTL, only, registration, release } from './contract-values.ts'

const PUNCTUATED = ['a.b', 'a_b', 'a:b', 'a-b', '.', '_', ':', '-', 'A.z_0:9-', 'x'.repeat(128)]

export function registrationContract(subject: Subject): void {
  describe('registration', () => {
    test('starts a lease that ends after its own time to live', async () => {
      const { store } = subject()
      const reply = await store.register(registration('agent-1', { leaseTtl: 5_000, labels: { a: 'b' } }))
      expect(reply.expiresAt).toBe(reply.now + 5_000)
      expect(await store.get('agent-1')).toEqual({
        id: 'agent-1',
        epoch: reply.epoch,
        seq: reply.seq,
        phase: 'starting',
        state: 'idle',
        host: 'host-1',
        process: { pid: 4_321, startTime: '777', bootId: 'boot-1' },
        roots: ['/tmp/roots'],
        labels: { a: 'b' },
        leaseTtl: 5_000,
        registeredAt: reply.now,
        lastBeat: null,
        expiresAt: reply.expiresAt,
        progressAt: null,
        progressTimeout: null,
        stalledAt: null,
        loopLag: null,
        heap: null,
        stuckAt: null,
        stopRequestedAt: null,
        attempts: 0,
      })
    })

    test('keeps ids apart that are prefixes of one another or hold any allowed punctuation', async () => {
      const { store } = subject()
      const ids = ['agent-1', 'agent-10', 'agent-100', ...PUNCTUATED]
      for (const id of ids) await join(store, id)
      const first = await store.get('agent-1')
      await release(store, { id: 'agent-1', epoch: first?.epoch ?? '' })
      const left = await store.list()
      expect(left.map(agent => agent.id)).toEqual(ids.slice(1))
    })

    test.each(['', 'a b', 'a/b', 'a*', 'ä', 'x'.repeat(129), 'a\n', '..%2f'])('refuses the id %j', async id => {
      const { store } = subject()
      await expect(store.register(registration(id))).rejects.toMatchObject({ code: 'INVALID_ID' })
      expect(await store.list()).toEqual([])
    })

    test('is refused while the id is alive, with the living record', async () => {
      const { store } = subject()
      const { epoch } = await join(store, 'agent-1')
      await expect(store.register(registration('agent-1'))).rejects.toMatchObject({
        code: 'AGENT_EXISTS',
        facts: { agent: { id: 'agent-1', epoch, host: 'host-1' } },
      })
    })

    test('repeated with its nonce gets the same epoch', async () => {
      const { store } = subject()
      const once = registration('agent-1')
      const first = await store.register(once)
      const second = await store.register(once)
      expect(second).toMatchObject({ epoch: first.epoch, seq: first.seq })
      expect(await store.list()).toHaveLength(1)
    })

    test('passes an expired lease, which is fenced and left for the next sweep', async () => {
      const { store, clock } = subject()
      const old = await join(store, 'agent-1')
      clock.advance(LEASE_TTL)
      const fresh = await join(store, 'agent-1')
      expect(Number(fresh.epoch)).toBeGreaterThan(Number(old.epoch))
      expect(await store.get('agent-1')).toMatchObject({ epoch: fresh.epoch, phase: 'starting' })
      expect((await store.beat([old, fresh])).fenced).toEqual([old])
      const claim = only((await claimExpired(store)).claims)
      expect(claim).toMatchObject({ ...old, reason: 'missing_heartbeat', attempt: 1 })
      expect(await store.get('agent-1')).toMatchObject({ epoch: fresh.epoch })
    })

    test('passes a live lease whose death the caller has proven', async () => {
      const { store } = subject()
      const old = await join(store, 'agent-1')
      await store.beat([old])
      const fresh = await join(store, 'agent-1', { supersede: old.epoch })
      expect((await store.check([old, fresh])).fenced).toEqual([old])
      expect(only((await claimExpired(store)).claims)).toMatchObject({ ...old, reason: 'process_gone' })
    })

    test('is refused when it supersedes another epoch than the living one', async () => {
      const { store } = subject()
      await join(store, 'agent-1')
      await expect(store.register(registration('agent-1', { supersede: '1' }))).rejects.toMatchObject({
        code: 'AGENT_EXISTS',
      })
    })

    test('passes leases that are being reclaimed or in quarantine', async () => {
      const { store, clock } = subject()
      await join(store, 'agent-1')
      clock.advance(LEASE_TTL)
      const { token } = only((await claimExpired(store)).claims)
      const second = await join(store, 'agent-1')
      expect(await store.fail(token, { error: 'no', maxAttempts: 1, retryIn: 0 })).toBe('quarantined')
      await release(store, second)
      const third = await join(store, 'agent-1')
      expect(Number(third.epoch)).toBeGreaterThan(Number(second.epoch))
      expect((await store.counts()).phases).toMatchObject({ starting: 1, reaping: 0, quarantined: 1 })
    })

    test('gives epochs that rise within one moment', async () => {
      const { store } = subject()
      const epochs: number[] = []
      for (let round = 0; round < 20; round += 1) {
        const ref = await join(store, 'agent-1')
        epochs.push(Number(ref.epoch))
        await release(store, ref)
      }
      expect(epochs).toEqual([...new Set(epochs)].toSorted((a, b) => a - b))
    })

    test('starts no lower than the store’s microseconds since 1970', async () => {
      const { store, clock } = subject()
      const { epoch } = await join(store, 'agent-1')
      expect(epoch).toMatch(/^\d+$/)
      expect(Number(epoch)).toBeGreaterThanOrEqual(clock.now() * 1_000)
    })
  })
}
