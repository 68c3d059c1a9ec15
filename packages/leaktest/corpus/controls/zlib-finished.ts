/**
 * Texts are compressed and expanded; each stream of zlib is read to its end, which closes it.
 *
 * Looks like a leak: one compressor has some 256 KB outside the heap, which no reading of the heap shows going.
 */
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const compress = promisify<string, Buffer>(gzip)
const expand = promisify<Buffer, Buffer>(gunzip)

const scenario: Scenario = async ({ iteration }) => {
  const packed = await compress(`entry ${iteration} `.repeat(100))
  const text = await expand(packed)
  return text.length
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
