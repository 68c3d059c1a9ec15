import type { AgentRecord, Fleet } from '@oakum/core/fleet'
import { unknownAgent } from './unknown-agent.ts'

/** The agents of these ids, each once; an error before any is touched when one is unknown. */
export async function findAgents(fleet: Fleet, ids: readonly string[]): Promise<AgentRecord[]> {
  return Promise.all(
    [...new Set(ids)].map(async id => {
      const agent = await fleet.get(id)
      if (agent === null) throw await unknownAgent(fleet, id)
      return agent
    }),
  )
}

/** Whether this very lease has ended. The same id with another epoch is another agent. */
export async function hasEnded(fleet: Fleet, { id, epoch }: AgentRecord): Promise<boolean> {
  return (await fleet.get(id))?.epoch !== epoch
}
