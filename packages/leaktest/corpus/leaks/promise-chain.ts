/**
 * Writes are put in order by a chain of promises. The first write waits for a lock that is never given, so no link ever
 * settles, and the chain keeps what each of them would have written.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = {
  verdict: 'leak',
  site: ['write', 'recordNote'],
  retainer: 'lockGiven',
  counter: 'promises',
}

const lockGiven = Promise.withResolvers<void>()

class Journal {
  readonly lines: string[] = []
  #tail: Promise<unknown> = lockGiven.promise

  write(line: string): void {
    this.#tail = this.#tail.then(() => this.lines.push(line)) // leaks here
  }
}

const journal = new Journal()

function recordNote(topic: string): void {
  journal.write(`${topic} at ${journal.lines.length}`) // leaks here
}

const scenario: Scenario = ({ iteration }) => recordNote(`note ${iteration}`)

export const options = { budget: { promises: 0 } }

export const close = (): void => lockGiven.resolve()

export default scenario
