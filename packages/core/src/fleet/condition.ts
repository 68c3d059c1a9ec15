import type { AgentRecord, Phase } from './records.ts'

/**
 * A phase as people see it. An agent that is alive by its lease is `suspect` when it was silent for half of it, `stuck` when it
 * beats although the event loop of its process is blocked, and `stalled` when it beats and makes no progress.
 */
export type Condition = Phase | 'suspect' | 'stuck' | 'stalled'

/**
 * What to show for an agent. No lease ends by it: a condition only says that something may be wrong.
 * @param now The store's time: `fleet.now()`.
 */
export function condition(
  record: Pick<AgentRecord, 'phase' | 'lastBeat' | 'registeredAt' | 'leaseTtl' | 'stuckAt' | 'stalledAt'>,
  now: number,
): Condition {
  if (record.phase !== 'starting' && record.phase !== 'alive') return record.phase
  const idle = now - (record.lastBeat ?? record.registeredAt)
  if (idle >= record.leaseTtl / 2) return 'suspect'
  if (record.stuckAt !== null) return 'stuck'
  return record.stalledAt === null ? record.phase : 'stalled'
}
