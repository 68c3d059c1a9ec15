/**
 * The events that a store writes together with the changes they tell of.
 *
 * An id is derived from what can happen only once to a lease, so that an event log which knows the id drops a repetition;
 * what can happen often gets a random id, made once when it is written. `agent` and `data.epoch` name the lease.
 */
import { randomUUID } from 'node:crypto'
import type { EventInput } from '../events/event-log.ts'
import { type GuardState, type HoldReason, reasonsOf } from './guard.ts'
import type { LeaseRef, Phase, ReclaimReason, Registration } from './records.ts'
import type { FinishFacts } from './store.ts'

/** A lease that a coordinator has claimed, as far as events tell of it. */
export interface ClaimedLease extends LeaseRef {
  reason: ReclaimReason
  attempt: number
  holder: string
  lastSeen: number | null
}

export function registeredEvent({ id, epoch }: LeaseRef, registration: Registration, time: number): EventInput {
  const { host, state, parent, process } = registration
  const data = { epoch, host, state, pid: process.pid, ...(parent === undefined ? {} : { parent }) }
  return once('agent_registered', { id, epoch }, time, data)
}

export function stateEvent({ id, epoch }: LeaseRef, state: string, phase: Phase, time: number): EventInput {
  return { id: randomUUID(), type: 'agent_state', time, agent: id, data: { epoch, state, phase } }
}

/** What a claim tells. Null for the first attempt at a release, which is an agent's own good-bye. */
export function claimedEvent(lease: ClaimedLease, time: number): EventInput | null {
  const { epoch, reason, attempt, holder, lastSeen } = lease
  const data = { epoch, reason, attempt, coordinator: holder, lastSeen }
  if (attempt > 1) return once('cleanup_resumed', lease, time, data, `:${attempt}`)
  return reason === 'released' ? null : once('cleanup_started', lease, time, data)
}

export function finishedEvent(lease: ClaimedLease, facts: FinishFacts, time: number): EventInput {
  const { epoch, reason, holder } = lease
  const { released, kept, milliseconds } = facts
  const type = reason === 'released' ? 'agent_stopped' : 'cleanup_completed'
  return once(type, lease, time, { epoch, reason, released, kept, milliseconds, coordinator: holder })
}

export function quarantinedEvent(lease: ClaimedLease, error: string, time: number): EventInput {
  const { epoch, reason, attempt, holder } = lease
  const data = { epoch, reason, attempts: attempt, error, coordinator: holder }
  return once('agent_quarantined', lease, time, data, `:${attempt}`)
}

/** What the holds of the guard that began or ended in a step tell, and the alert that goes with a crowd of silent hosts. */
export function holdEvents(before: GuardState, after: GuardState, time: number): EventInput[] {
  const begun = reasonsOf(after).filter(reason => before.holds[reason] === undefined)
  const ended = reasonsOf(before).filter(reason => after.holds[reason] === undefined)
  return [
    ...ended.map(reason => holdEvent('silence_hold_ended', reason, before, time)),
    ...begun.map(reason => holdEvent('silence_hold_started', reason, after, time)),
    ...begun.filter(reason => reason === 'hosts').map(reason => holdAlert(reason, after, time)),
  ]
}

/** Tells people of a quarantine. */
export function quarantineAlert(lease: ClaimedLease, error: string, time: number): EventInput {
  const { id, epoch, reason, attempt } = lease
  return alertEvent('agent_quarantined', {
    id: `${id}:${epoch}:${attempt}`,
    text: `Agent ${id} could not be reclaimed and is in quarantine: ${error}`,
    time,
    agent: id,
    data: { epoch, reason, attempts: attempt, error },
  })
}

/** What a beat tells of the event loop of an agent's process: it is blocked, or is not any more. */
export function stuckEvent({ id, epoch }: LeaseRef, lag: number, time: number): EventInput {
  return { id: randomUUID(), type: 'agent_stuck', time, agent: id, data: { epoch, lag } }
}

/** @param milliseconds For how long it was known to be stuck. */
export function recoveredEvent({ id, epoch }: LeaseRef, milliseconds: number, time: number): EventInput {
  return { id: randomUUID(), type: 'agent_recovered', time, agent: id, data: { epoch, milliseconds } }
}

/** @param milliseconds For how long it made no progress, or never did. */
export function stalledEvent({ id, epoch }: LeaseRef, milliseconds: number, time: number): EventInput {
  return { id: randomUUID(), type: 'agent_stalled', time, agent: id, data: { epoch, milliseconds } }
}

/** @param milliseconds For how long it was known to be stalled. */
export function progressedEvent({ id, epoch }: LeaseRef, milliseconds: number, time: number): EventInput {
  return { id: randomUUID(), type: 'agent_progressed', time, agent: id, data: { epoch, milliseconds } }
}

/** An event of the caller's, with the id and time that it left out. */
export function completeEvent(event: EventInput, time: number): EventInput {
  return { ...event, id: event.id ?? randomUUID(), time: event.time ?? time }
}

function holdEvent(type: string, reason: HoldReason, { holds }: GuardState, time: number): EventInput {
  const { since = time, until = time } = holds[reason] ?? {}
  return { id: `${type}:${reason}:${since}`, type, time, data: { reason, since, until } }
}

function holdAlert(reason: HoldReason, { holds }: GuardState, time: number): EventInput {
  const { since = time, until = time } = holds[reason] ?? {}
  const text = 'More than half of the hosts fell silent at once: nothing is reclaimed for silence until it is clear.'
  return alertEvent('hosts_silent', { id: String(since), text, time, data: { since, until } })
}

/** Something that people should hear of at once, wherever they are. */
function alertEvent(
  alert: string,
  { id, text, time, agent, data }: { id: string; text: string; time: number; agent?: string; data: EventInput['data'] },
): EventInput {
  const named = agent === undefined ? {} : { agent }
  return { id: `system_alert:${alert}:${id}`, type: 'system_alert', time, ...named, data: { alert, text, ...data } }
}

function once(type: string, { id, epoch }: LeaseRef, time: number, data: EventInput['data'], suffix = ''): EventInput {
  return { id: `${type}:${id}:${epoch}${suffix}`, type, time, agent: id, ...(data === undefined ? {} : { data }) }
}
