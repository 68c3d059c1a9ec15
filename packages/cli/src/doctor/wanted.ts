import { LIVE_PHASES, type Fleet } from '@oakum/core/fleet'
import { isAlive, sameProcess, type ProcessIdentity } from '@oakum/core/process'

/** Processes that somebody wants to live; what is below them is spared with them. */
export interface Wanted {
  kept: readonly ProcessIdentity[]
  /** Those of agents that live. */
  agents: readonly ProcessIdentity[]
}

/** @param fleet Null where there is no store. */
export async function wantedProcesses(fleet: Fleet | null): Promise<Wanted> {
  if (fleet === null) return { kept: [], agents: [] }
  const agents = await fleet.agents({ phases: LIVE_PHASES })
  return { kept: await fleet.kept(), agents: agents.map(agent => agent.process).filter(isAlive) }
}

/** Whether a process is one of these. */
export function isAmong(identities: readonly ProcessIdentity[], identity: ProcessIdentity): boolean {
  return identities.some(other => sameProcess(other, identity))
}
