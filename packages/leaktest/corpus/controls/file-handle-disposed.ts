/**
 * A FileHandle that is disposed of when its block ends, written as `await using` is carried out, so that Node 22 can read it.
 *
 * Looks like a leak: `close` is nowhere to be seen.
 */
import { open } from 'node:fs/promises'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

async function sizeOf(path: string): Promise<number> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    return size
  } finally {
    await file[Symbol.asyncDispose]()
  }
}

const scenario: Scenario = () => sizeOf(import.meta.filename)

export default scenario
export const expected: Expected = { verdict: 'clean' }
