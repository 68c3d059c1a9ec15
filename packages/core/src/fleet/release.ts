import { OakumError } from '../errors/error.ts'
import { reclaimAll, type BatchParts } from './claims.ts'
import type { ReleaseReport } from './reclaim.ts'
import type { LeaseRef } from './records.ts'

/**
 * An agent's good-bye: it claims its own lease, and reclaims what it still owns. There is no grace, since it knows.
 * When the lease has ended already, somebody else is at it, and nothing is done here.
 *
 * @throws OakumError RESOURCE_REFUSED when not all went; a coordinator tries again
 */
export async function releaseLease(
  ref: LeaseRef,
  { holder, ...parts }: BatchParts & { holder: string },
  signal: AbortSignal,
): Promise<ReleaseReport> {
  const request = { holder, claimTtl: parts.claimTtl, what: { by: 'released', ref } } as const
  const { claims } = await parts.store.claim(request, { signal })
  const [result] = await reclaimAll(claims, { ...parts, grace: 0 }, signal)
  if (result === undefined) return { released: 0, kept: [] }
  const { status, released, kept, error } = result
  if (status === 'finished' || (status === 'lost' && error === undefined)) return { released, kept }
  throw new OakumError('RESOURCE_REFUSED', `Agent ${ref.id} was released, but not all that it owned went.`, {
    cause: error,
    facts: { id: ref.id, epoch: ref.epoch, status, released },
  })
}
