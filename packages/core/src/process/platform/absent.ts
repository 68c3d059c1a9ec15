import { OakumError } from '../../errors/error.ts'

/** Gone (ESRCH: between opening and reading), or not ours to read. */
const ABSENT: ReadonlySet<unknown> = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM'])

/** Null for a file of /proc that is gone, or closed to us. @throws OakumError PROCESS_UNREADABLE for any other failure */
export function absent(path: string, error: unknown): null {
  if (error instanceof Error && 'code' in error && ABSENT.has(error.code)) return null
  throw new OakumError('PROCESS_UNREADABLE', `${path} cannot be read.`, { cause: error })
}
