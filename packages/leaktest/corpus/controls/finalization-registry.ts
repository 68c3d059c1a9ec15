/**
 * Handles that a FinalizationRegistry watches in case their user forgets them; those that are closed are unregistered.
 *
 * Looks like a leak: a registry that lives for ever gets an entry per iteration, and its callback never runs.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const forgotten = new FinalizationRegistry<string>(name => process.emitWarning(`${name} was never closed.`))

class Handle {
  readonly #name: string

  constructor(name: string) {
    this.#name = name
    forgotten.register(this, name, this)
  }

  read(): string {
    return `content of ${this.#name}`
  }

  close(): void {
    forgotten.unregister(this)
  }
}

const scenario: Scenario = ({ iteration }) => {
  const handle = new Handle(`part ${iteration}`)
  const content = handle.read()
  handle.close()
  return content
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
