/**
 * Directories below the roots that an agent declared.
 *
 * Invariants:
 * - Only what was a directory at the time, at the same real path, and is the same still, is removed.
 * - No link is followed, and no other device is entered: both can lead out of the root.
 * - What is not the same any more is kept, and said so.
 */
import { OakumError } from '../../errors/error.ts'
import type { OwnedResource, ResourceInput } from '../records.ts'
import { checkFile, identifyFile, readFileIdentity } from './file-identity.ts'
import type { ReclaimContext, Reclaimer, ReclaimOutcome } from './reclaimer.ts'
import { removeTree } from './remove-tree.ts'

/** @throws OakumError PATH_OUTSIDE_ROOTS, INVALID_OPTION */
export async function describeDirectory(path: string, roots: readonly string[]): Promise<ResourceInput> {
  const { stats, ...identity } = await identifyFile(path, roots)
  if (!stats.isDirectory()) {
    throw new OakumError('INVALID_OPTION', `${path} is not a directory.`, { facts: { path } })
  }
  return { kind: 'directory', key: identity.path, data: { ...identity } }
}

export const directoryReclaimer: Reclaimer = { kind: 'directory', reclaim: reclaimDirectory }

async function reclaimDirectory(resource: OwnedResource, { signal }: ReclaimContext): Promise<ReclaimOutcome> {
  const identity = readFileIdentity(resource)
  const check = await checkFile(identity)
  if (check.state === 'gone') return 'gone'
  if (check.state === 'other') return { kept: check.why }
  return (await removeTree(identity, signal)) ? 'released' : { kept: 'it is another file now' }
}
