/**
 * Lock files below the roots that an agent declared. Locks by name belong to the store, and go with the lease.
 *
 * Invariant: only the very file that the agent owned is removed; a lock that somebody else took since is another file.
 */
import { unlink } from 'node:fs/promises'
import { OakumError } from '../../errors/error.ts'
import type { OwnedResource, ResourceInput } from '../records.ts'
import { checkFile, identifyFile, isAbsent, readFileIdentity } from './file-identity.ts'
import type { Reclaimer, ReclaimOutcome } from './reclaimer.ts'

/** @throws OakumError PATH_OUTSIDE_ROOTS, INVALID_OPTION */
export async function describeLockFile(path: string, roots: readonly string[]): Promise<ResourceInput> {
  const { stats, ...identity } = await identifyFile(path, roots)
  if (!stats.isFile()) throw new OakumError('INVALID_OPTION', `${path} is not a file.`, { facts: { path } })
  return { kind: 'lock', key: identity.path, data: { ...identity } }
}

export const lockReclaimer: Reclaimer = { kind: 'lock', reclaim: reclaimLockFile }

async function reclaimLockFile(resource: OwnedResource): Promise<ReclaimOutcome> {
  const identity = readFileIdentity(resource)
  const check = await checkFile(identity)
  if (check.state === 'gone') return 'gone'
  if (check.state === 'other') return { kept: check.why }
  try {
    await unlink(identity.path)
    return 'released'
  } catch (error) {
    if (isAbsent(error)) return 'gone'
    throw error
  }
}
