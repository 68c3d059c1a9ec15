import { isOakumError, OakumError } from '../../../errors/index.ts'

/** What the system's usual refusals mean to whoever gave the path. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of it that should be a folder is a file',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
}

/** The error of a file that could not be read or written: by an error of the system's, or by the code of one. One of ours is passed on. */
export function fileFailed(path: string, error: unknown): OakumError {
  if (isOakumError(error)) return error
  const code =
    typeof error === 'string' ? error : error instanceof Error && 'code' in error ? String(error.code) : undefined
  const why = code === undefined ? String(error) : (REASONS[code] ?? code)
  return new OakumError('FILE_FAILED', `${path}: ${why}.`, { cause: error, facts: { path, code } })
}
