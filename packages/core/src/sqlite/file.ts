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
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!isThere(error)) throw error
    if (statSync(path).isFile()) return
    throw new OakumError('STORE_UNREADABLE', `${path} is not a file.`, { cause: error, facts: { path } })
  }
}

function isThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}
