import { describe, expect, test } from 'vitest'
import type { EventInput } from '../../src/events/event-log.ts'
import type { FleetStore } from '../../src/fleet/store.ts'
import type { Subject } from './contract.ts'
import {
  CLAIM_TTL,
  claimExpired,
  claimReleased,
  join,
  LEASE_TTL,
  NOTHING_HELD,
  only,
  registration,
} from './contract-values.ts'

export function eventContract(subject: Subject): void {
  describe('events', () => {
    test('tell a life that ended by silence, once each, across a takeover', async () => {
      const { store, clock } = subject()
      const { epoch } = await join(store, 'agent-1')
      clock.advance(LEASE_TTL)
      await claimExpired(store, { holder: 'c1' })
      clock.advance(CLAIM_TTL)
      const { token } = only((await claimExpired(store, { holder: 'c2' })).claims)
      const kept = [{ kind: 'worktree', key: '/w', why: 'not clean' }]
      await store.finish(token, { released: 3, kept, milliseconds: 12 })
      await store.finish(token, { released: 3, kept, milliseconds: 12 })
      const events = await drain(store)
      expect(events.map(({ id }) => id)).toEqual([
        `agent_registered:agent-1:${epoch}`,
        `cleanup_started:agent-1:${epoch}`,
        `cleanup_resumed:agent-1:${epoch}:2`,
        `cleanup_completed:agent-1:${epoch}`,
      ])
      for (const event of events) expect(event).toMatchObject({ agent: 'agent-1', data: { epoch } })
      expect(events[1]?.data).toMatchObject({ reason: 'missing_heartbeat', coordinator: 'c1', attempt: 1 })
      expect(events[3]?.data).toEqual({
        epoch,
        reason: 'missing_heartbeat',
        released: 3,
        kept,
        milliseconds: 12,
        coordinator: 'c2',
      })
    })

    test('tell a life that ended by good-bye', async () => {
      const { store } = subject()
      const ref = await join(store, 'agent-1')
      await store.update(ref, { state: 'busy' })
      await store.update(ref, { state: 'busy' })
      await store.update(ref, {})
      await store.update(ref, { phase: 'draining' })
      await store.update(ref, { phase: 'alive' })
      const { token } = only((await claimReleased(store, ref)).claims)
      await store.finish(token, NOTHING_HELD)
      const events = await drain(store)
      expect(events.map(({ type, data }) => [type, data?.state, data?.phase])).toEqual([
        ['agent_registered', 'idle', undefined],
        ['agent_state', 'busy', 'starting'],
        ['agent_state', 'busy', 'draining'],
        ['agent_stopped', undefined, undefined],
      ])
      expect(new Set(events.map(({ id }) => id)).size).toBe(4)
    })

    test('tell a quarantine', async () => {
      const { store, clock } = subject()
      const { epoch } = await join(store, 'agent-1')
      clock.advance(LEASE_TTL)
      const { token } = only((await claimExpired(store)).claims)
      await store.fail(token, { error: 'busy', maxAttempts: 0, retryIn: 0 })
      const events = await drain(store)
      expect(events.at(-2)).toMatchObject({
        id: `agent_quarantined:agent-1:${epoch}:1`,
        type: 'agent_quarantined',
        agent: 'agent-1',
        data: { epoch, error: 'busy', reason: 'missing_heartbeat', attempts: 1 },
      })
      expect(events.at(-1)).toMatchObject({
        id: `system_alert:agent_quarantined:agent-1:${epoch}:1`,
        type: 'system_alert',
        agent: 'agent-1',
        data: { alert: 'agent_quarantined', epoch, error: 'busy', attempts: 1 },
      })
    })

    test('are not written by what was refused or repeated', async () => {
      const { store } = subject()
      const once = registration('agent-1')
      await store.register(once)
      await store.register(once)
      await expect(store.register(registration('agent-1'))).rejects.toMatchObject({ code: 'AGENT_EXISTS' })
      expect(await drain(store)).toHaveLength(1)
    })

    test('carry the wall clock, whatever the leases are measured by', async () => {
      const { store, clock } = subject()
      clock.setWall(86_400_000)
      await join(store, 'agent-1')
      expect(only(await drain(store)).time).toBe(clock.now())
    })

    test('wait in order until they are dropped', async () => {
      const { store, clock } = subject()
      expect(await store.pendingEvents(10)).toEqual({ last: 0, events: [] })
      for (const id of ['a', 'b', 'c']) await store.addEvent({ id, type: 'orphans_detected', data: { id } })
      await store.addEvent({ type: 'unnamed', time: 5 })
      const first = await store.pendingEvents(2)
      expect(first.events).toEqual([
        { id: 'a', type: 'orphans_detected', time: clock.now(), data: { id: 'a' } },
        { id: 'b', type: 'orphans_detected', time: clock.now(), data: { id: 'b' } },
      ])
      expect(await store.pendingEvents(2)).toEqual(first)
      await store.dropPendingEvents(first.last)
      await store.dropPendingEvents(first.last)
      const rest = await store.pendingEvents(10)
      expect(rest.last).toBeGreaterThan(first.last)
      expect(rest.events.map(({ type, time }) => [type, time])).toEqual([
        ['orphans_detected', clock.now()],
        ['unnamed', 5],
      ])
      expect(rest.events[1]?.id).toEqual(expect.any(String))
      expect((await store.pendingEvents(10)).events[1]?.id).toBe(rest.events[1]?.id)
    })
  })
}

async function drain(store: FleetStore): Promise<EventInput[]> {
  const { last, events } = await store.pendingEvents(1_000)
  await store.dropPendingEvents(last)
  return events
}
