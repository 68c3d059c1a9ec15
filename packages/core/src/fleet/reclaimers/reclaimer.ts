import type { AgentRecord, Epoch, OwnedResource } from '../records.ts'

/**
 * What became of a thing: `released` now, or it was `gone` already, or it was `kept` on purpose, and why.
 * Anything that should be tried again is thrown instead.
 */
export type ReclaimOutcome = 'released' | 'gone' | { kept: string }

export interface ReclaimContext {
  /** The agent as it was when its lease ended. */
  agent: AgentRecord
  epoch: Epoch
  /** Aborts when the time for this reclaim is over, or the claim was lost. Stop then. */
  signal: AbortSignal
}

/**
 * Knows how to reclaim one kind of thing.
 *
 * Its promise to the fleet: to be safe to repeat, since a coordinator may die between the reclaim and its record of it, and
 * to stop when the signal aborts.
 */
export interface Reclaimer {
  readonly kind: string
  /** Returning nothing means `released`. A throw is retried, and after some attempts the agent is quarantined. */
  reclaim(resource: OwnedResource, context: ReclaimContext): Promise<ReclaimOutcome | void>
}
