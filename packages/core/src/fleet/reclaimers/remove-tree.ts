/**
 * Removes a directory with all that is in it, while others may be at the same files.
 *
 * Invariants:
 * - No link is followed, also none that takes the place of a folder in the middle of it: each folder is opened without
 *   following links, and what is in it is reached through that descriptor. (Beyond Linux by its path: there the folders
 *   above could still be replaced between two steps.)
 * - No other device is entered.
 * - It stops when asked, and takes up where an earlier call was stopped. `fs.rm` does none of this.
 */
import { constants } from 'node:fs'
import { open, opendir, rmdir, unlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { throwIfAborted } from '../../errors/abort.ts'
import { OakumError } from '../../errors/error.ts'
import { isAbsent, isSameNode, type FileIdentity } from './file-identity.ts'

/** False when the path leads to something else by now: nothing is removed then. */
export async function removeTree(identity: FileIdentity, signal: AbortSignal): Promise<boolean> {
  const { path } = identity
  const folder = await openFolder(path)
  try {
    const stats = await folder.stat({ bigint: true })
    if (!isSameNode(identity, stats)) return false
    await empty(folder, path, stats.dev, signal)
  } finally {
    await folder.close()
  }
  await rmdir(path).catch(ignoreAbsent)
  return true
}

/** @param path For people, and for systems without descriptors by name. */
async function empty(folder: FileHandle, path: string, device: bigint, signal: AbortSignal): Promise<void> {
  const base = process.platform === 'linux' ? `/proc/self/fd/${folder.fd}` : path
  for await (const entry of await opendir(base)) {
    throwIfAborted(signal)
    const name = join(base, entry.name)
    if (entry.isDirectory()) await removeInner(name, join(path, entry.name), device, signal)
    else await unlink(name).catch(ignoreAbsent)
  }
}

async function removeInner(name: string, path: string, device: bigint, signal: AbortSignal): Promise<void> {
  const folder = await openFolder(name).catch(ignoreAbsent)
  if (folder === undefined) return
  try {
    const { dev } = await folder.stat({ bigint: true })
    if (dev !== device) {
      throw new OakumError('RESOURCE_REFUSED', `${path} lies on another device, and is not entered.`, {
        facts: { path },
      })
    }
    await empty(folder, path, device, signal)
  } finally {
    await folder.close()
  }
  await rmdir(name).catch(ignoreAbsent)
}

/** Rejects when a link or a file is there instead. */
function openFolder(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
}

function ignoreAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error
}
