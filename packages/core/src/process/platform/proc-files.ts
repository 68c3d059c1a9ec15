/**
 * Files of /proc.
 *
 * A file that is gone, or closed to us, reads as null. Any other failure, above all running out of file descriptors, throws:
 * taken for absence it would turn living processes into dead ones.
 */
import { readFileSync } from 'node:fs'
import { absent } from './absent.ts'

/** The text of a file. */
export function readIfThere(path: string): string | null {
  return ifThere(path, file => readFileSync(file, 'utf8'))
}

/** What a read of that path gives. @throws OakumError PROCESS_UNREADABLE */
export function ifThere<T>(path: string, read: (path: string) => T): T | null {
  try {
    return read(path)
  } catch (error) {
    return absent(path, error)
  }
}

/** The fields of `/proc/PID/stat` from the third on: field N of proc(5) is at index N - 3. The name before may hold spaces. */
export function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ', 20)
}
