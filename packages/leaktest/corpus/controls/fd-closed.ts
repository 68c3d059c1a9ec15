/**
 * A file is opened, read and closed by its descriptor.
 *
 * Looks like a leak: a descriptor is a bare number, which nothing closes but the program.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

function readHead(path: string, length: number): string {
  const fd = openSync(path, 'r')
  try {
    const head = Buffer.alloc(length)
    return head.toString('utf8', 0, readSync(fd, head))
  } finally {
    closeSync(fd)
  }
}

const scenario: Scenario = () => readHead(import.meta.filename, 64)

export default scenario
export const expected: Expected = { verdict: 'clean' }
