/** The transcript of each session is compressed as it is written. A session that is cut off never ends its stream, which stays listed. */
import { createDeflateRaw, type DeflateRaw } from 'node:zlib'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['begin'], retainer: 'streams' }

class Transcripts {
  readonly #streams = new Set<DeflateRaw>()

  begin(): DeflateRaw {
    const stream = createDeflateRaw({ windowBits: 9, memLevel: 1 }) // leaks here
    this.#streams.add(stream)
    stream.once('end', () => this.#streams.delete(stream)) // leaks here
    return stream.resume()
  }
}

const transcripts = new Transcripts()

function cutOffSession(): Promise<void> {
  return new Promise((resolve, reject) => {
    transcripts.begin().write('user: hello\n', error => (error ? reject(error) : resolve()))
  })
}

const scenario: Scenario = () => cutOffSession()

export const options = { iterations: 240 }

export default scenario
