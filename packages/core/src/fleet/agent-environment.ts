import { MARKS_VARIABLE, withMark } from '../process/marker.ts'
import type { LeaseRef } from './records.ts'

/** Names the agent that a process belongs to. */
export const AGENT_VARIABLE = 'OAKUM_AGENT'
/** The epoch of that agent's lease. */
export const EPOCH_VARIABLE = 'OAKUM_EPOCH'

/**
 * Variables for what an agent starts: its name, and its mark behind those of whatever it runs in.
 *
 * @param outer The environment that it adds to. @default that of this process
 */
export function agentEnvironment(
  { id, epoch }: LeaseRef,
  mark: string,
  outer: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const { [MARKS_VARIABLE]: marks = mark } = withMark({ ...outer }, mark)
  return { [MARKS_VARIABLE]: marks, [AGENT_VARIABLE]: id, [EPOCH_VARIABLE]: epoch }
}
