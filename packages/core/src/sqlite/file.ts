import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { OakumError } from '../errors/error.ts'

/**
 * Makes sure that a file is at `path`: its folder with mode 0700, the file with mode 0600 (SQLite gives `-wal` and `-shm`
 * the same). What is there already is left as it is.
 *
 * An existing file is never opened here: closing any descriptor of a file drops all POSIX locks that this process holds
 * on it, also those of another connection in this process.
 */
export function prepareFile(path: string): void {
  makeFolder(dirname(path))
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
    if (statSync(path).isFile()) return
    throw new OakumError('STORE_UNREADABLE', `${path} is not a file.`, { cause: error, facts: { path } })
  }
}

/**
 * Like a recursive `mkdirSync`, which spins for ever where the system answers ENOENT although the parent is there, as it
 * does under /proc. Something other than a folder in the way is found by whoever uses it.
 */
function makeFolder(path: string): void {
  if (makeOne(path) || dirname(path) === path) return
  makeFolder(dirname(path))
  if (!makeOne(path)) throw new OakumError('STORE_UNREADABLE', `${path} cannot be made.`, { facts: { path } })
}

/** False when its parent is missing. */
function makeOne(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 })
    return true
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false
    if (hasCode(error, 'EEXIST')) return true
    // A folder of a read-only file system says so even when it is there.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return true
    throw error
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
