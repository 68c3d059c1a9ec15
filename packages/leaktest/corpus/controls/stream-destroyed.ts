/**
 * A file is streamed to a reader who goes away after the first piece; both streams are destroyed.
 *
 * Looks like a leak: nothing is read to its end, and each stream has listeners, buffers and one of them a descriptor.
 */
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { PassThrough } from 'node:stream'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const scenario: Scenario = async () => {
  const source = createReadStream(import.meta.filename, { highWaterMark: 64 })
  const reader = source.pipe(new PassThrough())
  await once(reader, 'data')
  const closed = once(source, 'close')
  reader.destroy()
  source.destroy()
  await closed
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
