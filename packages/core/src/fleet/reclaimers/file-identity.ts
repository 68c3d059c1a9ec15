import { lstat, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, relative, sep } from 'node:path'
import type { BigIntStats } from 'node:fs'
import { OakumError } from '../../errors/error.ts'
import type { OwnedResource } from '../records.ts'

/** Which file, beyond its path: a path can come to name another one. */
export interface FileIdentity {
  /** Real path: no part of it was a link when it was taken. */
  path: string
  /** The declared root that it lies below, as a real path. */
  root: string
  /** Device and inode, as text: inodes do not fit into a number. */
  dev: string
  ino: string
  /** When it was made, in nanoseconds: file systems give the inode of what was removed to what is made next. '0' if unknown. */
  born: string
}

/** A file as it is now, or why it is not to be touched. */
export type FileCheck = { state: 'same'; stats: BigIntStats } | { state: 'gone' } | { state: 'other'; why: string }

/**
 * Takes down which file a path names, when it lies below one of the roots.
 *
 * @param roots Real paths.
 * @throws OakumError PATH_OUTSIDE_ROOTS, INVALID_OPTION when nothing is there
 */
export async function identifyFile(
  path: string,
  roots: readonly string[],
): Promise<FileIdentity & { stats: BigIntStats }> {
  const real = await realpath(path).catch((cause: unknown) => {
    throw new OakumError('INVALID_OPTION', `There is nothing at ${path} to own.`, { cause, facts: { path } })
  })
  const root = roots.find(candidate => isBelow(real, candidate))
  if (root === undefined) {
    throw new OakumError('PATH_OUTSIDE_ROOTS', `${path} lies outside the roots that the agent declared.`, {
      facts: { path, real, roots },
    })
  }
  const stats = await lstat(real, { bigint: true })
  return { path: real, root, ...nodeOf(stats), stats }
}

/** Whether the path still names the same file, reached without a link, inside the root. */
export async function checkFile(identity: FileIdentity): Promise<FileCheck> {
  const { path, root } = identity
  if (!isBelow(path, root)) return { state: 'other', why: 'it lies outside the agent’s roots' }
  try {
    // The path was real when it was taken, so a folder above it that resolves to another place was replaced by a link.
    const parent = dirname(path)
    if ((await realpath(parent)) !== parent) return { state: 'other', why: 'a folder above it is a link now' }
    const stats = await lstat(path, { bigint: true })
    if (stats.isSymbolicLink()) return { state: 'other', why: 'it is a link now' }
    if (!isSameNode(identity, stats)) return { state: 'other', why: 'it is another file now' }
    return { state: 'same', stats }
  } catch (error) {
    if (isAbsent(error)) return { state: 'gone' }
    throw error
  }
}

/** Reads an identity from what a store returned. @throws OakumError RESOURCE_REFUSED */
export function readFileIdentity({ kind, key, data }: OwnedResource): FileIdentity {
  const { path, root, dev, ino, born } = data
  if (isText(path) && isText(root) && isText(dev) && isText(ino) && isText(born)) return { path, root, dev, ino, born }
  throw new OakumError('RESOURCE_REFUSED', `The record of ${kind} ${key} does not say which file it is.`, {
    facts: { kind, key },
  })
}

/** Whether these are of the very file or folder of an identity, whatever its path is now. */
export function isSameNode(identity: FileIdentity, stats: BigIntStats): boolean {
  const { dev, ino, born } = nodeOf(stats)
  return dev === identity.dev && ino === identity.ino && born === identity.born
}

function nodeOf({ dev, ino, birthtimeNs }: BigIntStats): Pick<FileIdentity, 'dev' | 'ino' | 'born'> {
  return { dev: String(dev), ino: String(ino), born: String(birthtimeNs) }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** Whether a path lies below a folder; the folder itself does not. Both are real paths. */
function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** Whether an error of the file system says that nothing is there. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
