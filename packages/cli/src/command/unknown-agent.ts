import { OakumError } from '@oakum/core/errors'
import type { Fleet } from '@oakum/core/fleet'
import { didYouMean } from './suggest.ts'

/** The error of an id that nobody has, with the living id that was probably meant. */
export async function unknownAgent(fleet: Fleet, id: string): Promise<OakumError> {
  const living = await fleet.agents()
  const hint = didYouMean(
    id,
    living.map(agent => agent.id),
  )
  return new OakumError('AGENT_NOT_FOUND', `No agent ${id} is alive${hint}`, { facts: { id } })
}

/** The same where there is not even a store. */
export function unknownAgentWithoutStore(id: string, url: string): OakumError {
  return new OakumError('AGENT_NOT_FOUND', `No agent ${id} is alive: there is no store at ${url}`, { facts: { id } })
}
