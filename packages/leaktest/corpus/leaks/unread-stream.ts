/**
 * Attachments are streams, listed until they are closed. One that nobody wants is put aside unread: a stream that is neither
 * read to its end nor destroyed never closes, and so is never taken off the list.
 */
import { Readable } from 'node:stream'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['open'], retainer: 'streams' }

class Attachments {
  readonly #streams = new Set<Readable>()

  open(text: string): Readable {
    const stream = Readable.from([text]) // leaks here
    this.#streams.add(stream)
    stream.once('close', () => this.#streams.delete(stream)) // leaks here
    return stream
  }
}

const attachments = new Attachments()

async function firstWanted(names: readonly string[]): Promise<string> {
  let content = ''
  for (const name of names) {
    const stream = attachments.open(name)
    if (name.endsWith('.md')) for await (const chunk of stream) content += String(chunk)
  }
  return content
}

const scenario: Scenario = () => firstWanted(['logo.png', 'plan.md'])

export default scenario
