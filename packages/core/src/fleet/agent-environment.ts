import { MARKS_VARIABLE, withMark } from '../process/marker.ts'
import type { LeaseRef } from './records.ts'

/** Names the agent that a process belongs to. */
export const AGENT_VARIABLE = 'OAKUM_AGENT'
/** The epoch of that agent's lease. */
export const EPOCH_VARIABLE = 'OAKUM_EPOCH'

/** Variables for what an agent starts: the marks of this process, its own behind them, and its name. */
export function agentEnvironment({ id, epoch }: LeaseRef, mark: string): Readonly<Record<string, string>> {
  return { [MARKS_VARIABLE]: withMark({}, mark)[MARKS_VARIABLE] ?? mark, [AGENT_VARIABLE]: id, [EPOCH_VARIABLE]: epoch }
}
