/**
 * From what SQLite and the file system say to what Oakum throws. The one place that knows their codes.
 *
 * What is about the store (its file, its disk, its lock) becomes an {@link OakumError} with `facts: { path }` and the
 * original as cause. Anything else, such as a violated constraint, is the driver's own business and is passed on as it is.
 */
import { OakumError, isOakumError } from '../errors/error.ts'
import type { ErrorCode } from '../errors/codes.ts'

/** The error to throw for `cause`, met while working with the database at `path`. */
export function storeError(cause: unknown, path: string): unknown {
  const kind = kindOf(cause)
  if (kind === undefined) return cause
  return new OakumError(kind.code, kind.says(path, textOf(cause)), { cause, facts: { path } })
}

/** Whether SQLite refused because of a lock that somebody else holds at the moment, mapped already or not. */
export function isBusy(cause: unknown): boolean {
  return isOakumError(cause, 'STORE_BUSY') || kindOf(cause) === BUSY
}

interface Kind {
  code: ErrorCode
  says(path: string, detail: string): string
}

const BUSY: Kind = { code: 'STORE_BUSY', says: path => `${path} is locked by another process for too long.` }
const FULL: Kind = { code: 'STORE_FULL', says: path => `The disk is full: nothing was written to ${path}.` }
const CLOSED: Kind = { code: 'STORE_CLOSED', says: path => `The connection to ${path} is closed.` }
const CORRUPT: Kind = { code: 'STORE_CORRUPT', says: (path, detail) => `${path} is no usable database: ${detail}.` }
const UNREADABLE: Kind = { code: 'STORE_UNREADABLE', says: (path, detail) => `${path} cannot be used: ${detail}.` }

/** Primary result codes of SQLite: https://sqlite.org/rescode.html */
const BY_RESULT: Readonly<Record<number, Kind>> = {
  3: UNREADABLE, // PERM
  5: BUSY, // BUSY
  6: BUSY, // LOCKED
  8: UNREADABLE, // READONLY
  10: UNREADABLE, // IOERR
  11: CORRUPT, // CORRUPT
  13: FULL, // FULL
  14: UNREADABLE, // CANTOPEN
  15: BUSY, // PROTOCOL: a lock that was fought over too often
  26: CORRUPT, // NOTADB
}

/** ERROR: whatever is wrong with a statement. Ours are constants, so what they miss is missing in the file. */
const STATEMENT = 1
const DAMAGED_SCHEMA = /^no such (?:table|column)|has no column named/

/** IOERR_SHMSIZE: the index of the WAL could not grow. Only a full disk does that. */
const SHM_SIZE = 4874

function kindOf(cause: unknown): Kind | undefined {
  const result = resultCode(cause)
  if (result === STATEMENT) return DAMAGED_SCHEMA.test(textOf(cause)) ? CORRUPT : undefined
  if (result !== undefined) return result === SHM_SIZE ? FULL : BY_RESULT[result & 0xff]
  if (!(cause instanceof Error) || !('code' in cause)) return undefined
  // node:sqlite throws this for a database that is closed, and for a statement that went with it.
  if (cause.code === 'ERR_INVALID_STATE') return CLOSED
  if (!('syscall' in cause)) return undefined
  return cause.code === 'ENOSPC' || cause.code === 'EDQUOT' ? FULL : UNREADABLE
}

function resultCode(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !('errcode' in cause)) return undefined
  return typeof cause.errcode === 'number' ? cause.errcode : undefined
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
