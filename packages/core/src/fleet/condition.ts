import type { AgentRecord, Phase } from './records.ts'

/** A phase as people see it: an agent that is still alive by its lease, but was silent for half of it, is `suspect`. */
export type Condition = Phase | 'suspect'

/**
 * What to show for an agent. Nothing acts on `suspect`; it only says that something may be wrong.
 * @param now The store's time: `fleet.now()`.
 */
export function condition(
  record: Pick<AgentRecord, 'phase' | 'lastBeat' | 'registeredAt' | 'leaseTtl'>,
  now: number,
): Condition {
  if (record.phase !== 'starting' && record.phase !== 'alive') return record.phase
  const idle = now - (record.lastBeat ?? record.registeredAt)
  return idle >= record.leaseTtl / 2 ? 'suspect' : record.phase
}
