/**
 * Whether an agent that promised progress has stalled: decided once, for every driver.
 *
 * Invariants:
 * - An agent stalls by what it said itself: a beat came after its time was over, and told of no progress. One that is silent may
 *   have made some that nobody heard of; its lease says what becomes of it.
 * - A look costs nothing until it is due, and puts itself off when it came too early.
 */
import type { AgentRecord } from '../records.ts'

/** An agent that was not heard of since is looked at again after this part of its lease, or as soon as it promised progress. */
const AGAIN_AFTER = 1 / 4

export interface ProgressLook extends Pick<AgentRecord, 'lastBeat' | 'progressAt' | 'registeredAt' | 'leaseTtl'> {
  progressTimeout: number
}

/** When to look again; null when the agent has stalled. Times of the store, in milliseconds. */
export function lookAgainAt(agent: ProgressLook, now: number): number | null {
  const timeOver = (agent.progressAt ?? agent.registeredAt) + agent.progressTimeout
  if (timeOver > now) return timeOver
  if (agent.lastBeat !== null && agent.lastBeat >= timeOver) return null
  return now + Math.ceil(Math.min(agent.leaseTtl * AGAIN_AFTER, agent.progressTimeout))
}
