/**
 * Directories below the roots that an agent declared.
 *
 * Invariants:
 * - Only what was a directory at the time, at the same real path, and is the same still, is removed.
 * - No link is followed, and no other device is entered: both can lead out of the root.
 * - What is not the same any more is kept, and said so.
 */
import { lstat, opendir, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { throwIfAborted } from '../../errors/abort.ts'
import { OakumError } from '../../errors/error.ts'
import type { OwnedResource, ResourceInput } from '../records.ts'
import { checkFile, identifyFile, isAbsent, readFileIdentity } from './file-identity.ts'
import type { ReclaimContext, Reclaimer, ReclaimOutcome } from './reclaimer.ts'

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
  await removeTree(identity.path, check.stats.dev, signal)
  return 'released'
}

/** Like `fs.rm`, which neither stops when asked nor stays on one device. Takes up where an earlier call was stopped. */
async function removeTree(path: string, device: bigint, signal: AbortSignal): Promise<void> {
  for await (const entry of await opendir(path)) {
    throwIfAborted(signal)
    const inner = join(path, entry.name)
    if (!entry.isDirectory()) {
      await unlink(inner).catch(ignoreAbsent)
      continue
    }
    const stats = await lstat(inner, { bigint: true }).catch(ignoreAbsent)
    if (stats === undefined) continue
    if (stats.dev !== device) {
      throw new OakumError('RESOURCE_REFUSED', `${inner} lies on another device, and is not entered.`, {
        facts: { path: inner },
      })
    }
    await removeTree(inner, device, signal)
  }
  await rmdir(path).catch(ignoreAbsent)
}

function ignoreAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error
}
