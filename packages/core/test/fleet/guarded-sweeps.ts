import type { Guard } from '../../src/fleet/guard.ts'
import type { ClaimReply, FleetStore } from '../../src/fleet/store.ts'
import { CLAIM_TTL, LEASE_TTL } from './contract-values.ts'

/** What coordinators mind unless they are told otherwise. */
export const GUARD: Guard = { gaps: true, hosts: true }
/** How often sweeps come while nothing is wrong. */
export const EVERY = LEASE_TTL / 4

export function sweep(
  store: FleetStore,
  more: { guard?: Guard; force?: boolean; limit?: number } = {},
): Promise<ClaimReply> {
  const { limit, ...rest } = more
  const what = { by: 'expired', guard: GUARD, ...rest } as const
  return store.claim({ holder: 'c', claimTtl: CLAIM_TTL, what, ...(limit === undefined ? {} : { limit }) })
}

/** Who was claimed, and who is held for what. */
export function told({ claims, held }: Pick<ClaimReply, 'claims' | 'held'>): string[] {
  return [...claims.map(({ id }) => id), ...held.map(({ id, reason }) => `${id}: ${reason}`)].toSorted()
}

export async function holdEventsOf(store: FleetStore): Promise<string[]> {
  const { last, events } = await store.pendingEvents(1_000)
  await store.dropPendingEvents(last)
  const kept = events.filter(({ type }) => type.startsWith('silence_hold') || type === 'system_alert')
  return kept.map(({ type, data }) => `${type} ${String(data?.['reason'] ?? data?.['alert'])}`)
}
