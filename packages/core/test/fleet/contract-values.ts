import type { LeaseRef, Registration } from '../../src/fleet/records.ts'
import type { ClaimReply, FleetStore } from '../../src/fleet/store.ts'

export const LEASE_TTL = 1_000
export const CLAIM_TTL = 300

let nonces = 0

export function registration(id: string, more: Partial<Registration> = {}): Registration {
  nonces += 1
  return {
    id,
    nonce: `nonce-${nonces}`,
    host: 'host-1',
    process: { pid: 4_321, startTime: '777', bootId: 'boot-1' },
    roots: ['/tmp/roots'],
    labels: { team: 'blue' },
    state: 'idle',
    leaseTtl: LEASE_TTL,
    resources: [],
    ...more,
  }
}

export async function join(store: FleetStore, id: string, more: Partial<Registration> = {}): Promise<LeaseRef> {
  const { epoch } = await store.register(registration(id, more))
  return { id, epoch }
}

export function claimExpired(store: FleetStore, more: { limit?: number; holder?: string } = {}): Promise<ClaimReply> {
  return store.claim({ holder: 'coordinator-1', claimTtl: CLAIM_TTL, what: { by: 'expired' }, ...more })
}

export function claimProven(store: FleetStore, ...refs: LeaseRef[]): Promise<ClaimReply> {
  return store.claim({ holder: 'coordinator-1', claimTtl: CLAIM_TTL, what: { by: 'proven', refs } })
}

export function claimReleased(store: FleetStore, ref: LeaseRef): Promise<ClaimReply> {
  return store.claim({ holder: 'agent', claimTtl: CLAIM_TTL, what: { by: 'released', ref } })
}

/** Registers nothing, finishes everything: an agent's whole good-bye. */
export async function release(store: FleetStore, ref: LeaseRef): Promise<void> {
  const { claims } = await claimReleased(store, ref)
  for (const { token } of claims) await store.finish(token, NOTHING_HELD)
}

export const NOTHING_HELD = { released: 0, kept: [], milliseconds: 1 }

/** The one claim of a reply; anything else is a failure of the test. */
export function only<T>(list: readonly T[]): T {
  const [first, ...rest] = list
  if (first === undefined || rest.length > 0) throw new Error(`Expected one, got ${list.length}.`)
  return first
}
