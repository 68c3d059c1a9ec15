import { OakumError } from '../errors/error.ts'
import type { AgentRecord, LeaseRef } from './records.ts'

/** The answer to a write under a lease that is unknown, replaced or claimed. A caller cannot tell these apart. */
export function fenced(ref: LeaseRef): OakumError {
  return new OakumError('FENCED', `The lease of ${ref.id} (epoch ${ref.epoch}) has ended.`, {
    facts: { id: ref.id, epoch: ref.epoch },
  })
}

/** The answer to a registration whose parent has no live lease. */
export function parentFenced(parent: LeaseRef): OakumError {
  return new OakumError('FENCED', `The lease of the parent ${parent.id} (epoch ${parent.epoch}) has ended.`, {
    facts: { parent },
  })
}

/** The answer to a registration of an id that is alive. `agent` is null when its record cannot be read. */
export function agentExists(ref: LeaseRef, agent: AgentRecord | null): OakumError {
  return new OakumError('AGENT_EXISTS', `An agent ${ref.id} is alive (epoch ${ref.epoch}).`, {
    facts: { id: ref.id, epoch: ref.epoch, agent },
  })
}

/** The answer to a write of a key that another live lease owns. */
export function keyRefused(key: string, owner: LeaseRef): OakumError {
  return new OakumError('RESOURCE_REFUSED', `The key ${key} belongs to ${owner.id}.`, { facts: { key, owner } })
}

/** The answer to every call after `close()`. */
export function storeClosed(): OakumError {
  return new OakumError('STORE_CLOSED', 'The connection to the store is closed.')
}
