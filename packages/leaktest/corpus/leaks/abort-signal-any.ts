/**
 * Each request joins the program's signal with one of its own, and listens on the joined one. A joined signal that has
 * listeners is kept alive until one of its sources aborts, and the request never takes its listener off.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['send'], retainer: 'listeners', counter: 'listeners' }

const program = new AbortController()

class ModelRequest {
  readonly #own = new AbortController()
  state = 'new'

  async send(signal: AbortSignal): Promise<void> {
    const joined = AbortSignal.any([signal, this.#own.signal]) // leaks here
    joined.addEventListener('abort', () => (this.state = 'cancelled')) // leaks here
    this.state = 'sent'
    await Promise.resolve()
    this.state = 'answered'
  }
}

const scenario: Scenario = () => new ModelRequest().send(program.signal)

export default scenario
