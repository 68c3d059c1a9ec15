import { describe, expect, test } from 'vitest'
import type { AgentRecord } from '../../src/fleet/records.ts'
import type { FleetStore } from '../../src/fleet/store.ts'
import type { Subject } from './contract.ts'
import { claimProven, CLAIM_TTL, join, LEASE_TTL, only } from './contract-values.ts'

const TIMEOUT = 400
const JUDGE_FOR = 100

async function events(store: FleetStore, ...types: string[]): Promise<unknown[]> {
  const { events: pending } = await store.pendingEvents(1_000)
  return pending.filter(({ type }) => types.includes(type)).map(({ type, agent, data }) => ({ type, agent, data }))
}

async function judged(store: FleetStore): Promise<string[]> {
  return (await store.stalled({ limit: 10, judgeFor: JUDGE_FOR })).map(({ id }) => id)
}

export function livenessContract(subject: Subject): void {
  describe('a beat', () => {
    test('tells how late the event loop was', async () => {
      const { store } = subject()
      const ref = await join(store, 'agent-1')
      await store.beat([{ ...ref, lag: 12.4 }])
      const record = await store.get('agent-1')
      expect(Math.round(record?.loopLag ?? 0)).toBe(12)
      expect(record).toMatchObject({ phase: 'alive', stuckAt: null })
    })

    test('tells the heap of the process; one that does not leaves it as it was told', async () => {
      const { store } = subject()
      const ref = await join(store, 'agent-1')
      expect(await store.get('agent-1')).toMatchObject({ heap: null })
      await store.beat([{ ...ref, heap: 5_000_000_000 }])
      expect(await store.get('agent-1')).toMatchObject({ heap: 5_000_000_000 })
      await store.beat([ref])
      expect(await store.get('agent-1')).toMatchObject({ heap: 5_000_000_000 })
      await store.beat([{ ...ref, heap: 7 }])
      expect(await store.get('agent-1')).toMatchObject({ heap: 7 })
    })

    test('tells once that an agent is stuck, and once that it recovered', async () => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1')
      const { now } = await store.beat([{ ...ref, lag: 300, stuck: true }])
      expect(await store.get('agent-1')).toMatchObject({ phase: 'alive', stuckAt: now, lastBeat: now, loopLag: 300 })
      clock.advance(200)
      await store.beat([{ ...ref, lag: 500, stuck: true }])
      expect(await store.get('agent-1')).toMatchObject({ stuckAt: now, lastBeat: now + 200, loopLag: 500 })
      clock.advance(50)
      for (let times = 0; times < 2; times += 1) await store.beat([{ ...ref, lag: 0 }])
      expect(await store.get('agent-1')).toMatchObject({ stuckAt: null, loopLag: 0 })
      const { id: agent, epoch } = ref
      expect(await events(store, 'agent_stuck', 'agent_recovered')).toEqual([
        { type: 'agent_stuck', agent, data: { epoch, lag: 300 } },
        { type: 'agent_recovered', agent, data: { epoch, milliseconds: 250 } },
      ])
    })

    test('keeps a stuck agent alive for as long as it comes', async () => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1')
      for (let passed = 0; passed < 3 * LEASE_TTL; passed += LEASE_TTL / 2) {
        const reply = await store.beat([{ ...ref, lag: passed, stuck: true }])
        expect(reply.fenced).toEqual([])
        clock.advance(LEASE_TTL / 2)
        expect((await store.expired(10)).claims).toEqual([])
      }
    })

    test('leaves a draining agent draining, stuck or not', async () => {
      const { store } = subject()
      const ref = await join(store, 'agent-1')
      await store.update(ref, { phase: 'draining' })
      for (const stuck of [true, false]) {
        await store.beat([{ ...ref, stuck }])
        expect(await store.get('agent-1')).toMatchObject({ phase: 'draining' })
      }
    })

    test('of a stuck agent is refused after a claim', async () => {
      const { store } = subject()
      const ref = await join(store, 'agent-1')
      await store.beat([{ ...ref, stuck: true }])
      await claimProven(store, ref)
      expect((await store.beat([{ ...ref, stuck: true }])).fenced).toEqual([ref])
    })
  })

  describe('an agent that promised progress', () => {
    test('is stalled once a beat told of none for too long, and not before', async () => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1', { progressTimeout: TIMEOUT })
      await join(store, 'promised-nothing')
      await store.beat([ref])
      clock.advance(TIMEOUT - 1)
      await store.beat([ref])
      expect(await judged(store)).toEqual([])
      clock.advance(1)
      await store.beat([ref])
      const { now } = await store.check([])
      expect(only(await store.stalled({ limit: 10, judgeFor: JUDGE_FOR }))).toMatchObject({
        ...ref,
        progressTimeout: TIMEOUT,
        progressAt: null,
        stalledAt: now,
      } satisfies Partial<AgentRecord>)
      expect(await store.get('promised-nothing')).toMatchObject({ stalledAt: null, progressTimeout: null })
      expect(await events(store, 'agent_stalled')).toEqual([
        { type: 'agent_stalled', agent: 'agent-1', data: { epoch: ref.epoch, milliseconds: TIMEOUT } },
      ])
    })

    test('is not stalled while it makes some', async () => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1', { progressTimeout: TIMEOUT })
      for (let times = 0; times < 5; times += 1) {
        clock.advance(TIMEOUT - 1)
        await store.beat([{ ...ref, progressed: true }])
        expect(await judged(store)).toEqual([])
      }
      clock.advance(TIMEOUT)
      await store.beat([ref])
      expect(await judged(store)).toEqual(['agent-1'])
    })

    test('is not stalled by silence: what it did is not known', async () => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1', { progressTimeout: TIMEOUT })
      await store.beat([ref])
      clock.advance(TIMEOUT)
      expect(await judged(store)).toEqual([])
      await store.beat([{ ...ref, progressed: true }])
      clock.advance(LEASE_TTL / 4)
      expect(await judged(store)).toEqual([])
      clock.advance(TIMEOUT)
      await store.beat([ref])
      expect(await judged(store)).toEqual(['agent-1'])
    })

    test('is not stalled any more with the next progress, which is told once', async () => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1', { progressTimeout: TIMEOUT })
      clock.advance(TIMEOUT)
      await store.beat([ref])
      await judged(store)
      clock.advance(70)
      await store.beat([ref])
      expect(await store.get('agent-1')).not.toMatchObject({ stalledAt: null })
      for (let times = 0; times < 2; times += 1) await store.beat([{ ...ref, progressed: true }])
      expect(await store.get('agent-1')).toMatchObject({ stalledAt: null })
      clock.advance(JUDGE_FOR)
      expect(await judged(store)).toEqual([])
      clock.advance(TIMEOUT)
      await store.beat([ref])
      expect(await judged(store)).toEqual(['agent-1'])
      const { id: agent, epoch } = ref
      expect(await events(store, 'agent_stalled', 'agent_progressed')).toEqual([
        { type: 'agent_stalled', agent, data: { epoch, milliseconds: TIMEOUT } },
        { type: 'agent_progressed', agent, data: { epoch, milliseconds: 70 } },
        { type: 'agent_stalled', agent, data: { epoch, milliseconds: TIMEOUT + JUDGE_FOR } },
      ])
    })

    test('is marked by anybody, and kept for those who judge', async () => {
      const { store, clock, connect } = subject()
      const other = await connect()
      const ref = await join(store, 'agent-1', { progressTimeout: TIMEOUT })
      clock.advance(TIMEOUT)
      await store.beat([ref])
      expect(await other.stalled({ limit: 10 })).toEqual([])
      expect(await store.get('agent-1')).not.toMatchObject({ stalledAt: null })
      expect(await judged(store)).toEqual(['agent-1'])
    })

    test('is judged by one at a time, and by another when that one vanished', async () => {
      const { store, clock, connect } = subject()
      const other = await connect()
      const ref = await join(store, 'agent-1', { progressTimeout: TIMEOUT })
      clock.advance(TIMEOUT)
      await store.beat([ref])
      expect(await judged(store)).toEqual(['agent-1'])
      expect(await judged(other)).toEqual([])
      clock.advance(JUDGE_FOR)
      await store.beat([ref])
      expect(await judged(other)).toEqual(['agent-1'])
      expect(await other.settleStalled(ref, { stop: false })).toBe(true)
      clock.advance(10 * JUDGE_FOR)
      expect([await judged(store), await judged(other)]).toEqual([[], []])
      expect(await events(store, 'agent_stalled')).toHaveLength(1)
    })

    test('is asked to stop by the verdict, unless it made progress meanwhile', async () => {
      const { store, clock } = subject()
      const refs = [
        await join(store, 'a', { progressTimeout: TIMEOUT }),
        await join(store, 'b', { progressTimeout: TIMEOUT }),
      ]
      const [first, second] = refs
      if (first === undefined || second === undefined) throw new Error('unreachable')
      clock.advance(TIMEOUT)
      await store.beat(refs)
      expect((await judged(store)).toSorted()).toEqual(['a', 'b'])
      await store.beat([{ ...second, progressed: true }])
      expect(await store.settleStalled(first, { stop: true })).toBe(true)
      expect(await store.settleStalled(second, { stop: true })).toBe(false)
      expect((await store.beat(refs)).stops).toEqual([first])
    })

    test('is claimed by the verdict, unless it made progress meanwhile', async () => {
      const { store, clock } = subject()
      const ref = await join(store, 'agent-1', { progressTimeout: TIMEOUT })
      clock.advance(TIMEOUT)
      await store.beat([ref])
      await judged(store)
      const request = { holder: 'h', claimTtl: CLAIM_TTL, what: { by: 'stalled', ref } } as const
      await store.beat([{ ...ref, progressed: true }])
      expect((await store.claim(request)).claims).toEqual([])
      clock.advance(TIMEOUT)
      await store.beat([ref])
      await judged(store)
      expect(only((await store.claim(request)).claims)).toMatchObject({ ...ref, reason: 'stalled', attempt: 1 })
      expect((await store.beat([ref])).fenced).toEqual([ref])
      clock.advance(JUDGE_FOR)
      expect(await judged(store)).toEqual([])
    })

    test('is looked at in pages', async () => {
      const { store, clock } = subject()
      const refs = []
      for (let index = 0; index < 5; index += 1) {
        refs.push(await join(store, `agent-${index}`, { progressTimeout: TIMEOUT }))
      }
      clock.advance(TIMEOUT)
      await store.beat(refs)
      const found: string[] = []
      for (let times = 0; times < 3; times += 1) {
        for (const { id } of await store.stalled({ limit: 2, judgeFor: JUDGE_FOR })) found.push(id)
      }
      expect(found.toSorted()).toEqual(refs.map(({ id }) => id))
    })
  })
}
