import { OakumError } from '../errors/error.ts'
import type { BatchParts } from './claims.ts'
import type { CoordinatorOptions, CoordinatorParts } from './coordinator.ts'
import { notNegative, positive } from './fleet-options.ts'

/** How reclaims behave, which are an agent's own at its release, or a coordinator's. Times in milliseconds. */
export type ReclaimSettings = Omit<BatchParts, 'store' | 'reclaimers'>

export const RECLAIM_DEFAULTS: ReclaimSettings = {
  claimTtl: 60_000,
  grace: 100,
  maxAttempts: 5,
  retryAfter: 1_000,
  reclaimTimeout: 30_000,
}

/**
 * @param leaseTtl of the fleet, in milliseconds
 * @throws OakumError INVALID_OPTION
 */
export function resolveCoordinatorOptions(
  options: CoordinatorOptions,
  leaseTtl: number,
): ReclaimSettings & Pick<CoordinatorParts, 'sweepEvery' | 'watchEvery' | 'guard'> {
  const { guard = true } = options
  const { maxAttempts = RECLAIM_DEFAULTS.maxAttempts } = options
  if (!Number.isSafeInteger(maxAttempts) || maxAttempts < 1) {
    throw new OakumError('INVALID_OPTION', 'maxAttempts must be a whole number, 1 or more.', { facts: { maxAttempts } })
  }
  return {
    maxAttempts,
    guard: typeof guard === 'boolean' ? { gaps: guard, hosts: guard } : { gaps: true, hosts: true, ...guard },
    sweepEvery: positive('sweepEvery', options.sweepEvery ?? Math.min(60_000, leaseTtl / 2)),
    watchEvery: positive('watchEvery', options.watchEvery ?? 500),
    claimTtl: positive('claimTtl', options.claimTtl ?? RECLAIM_DEFAULTS.claimTtl),
    reclaimTimeout: positive('reclaimTimeout', options.reclaimTimeout ?? RECLAIM_DEFAULTS.reclaimTimeout),
    grace: notNegative('grace', options.grace ?? RECLAIM_DEFAULTS.grace),
    retryAfter: notNegative('retryAfter', options.retryAfter ?? RECLAIM_DEFAULTS.retryAfter),
  }
}
