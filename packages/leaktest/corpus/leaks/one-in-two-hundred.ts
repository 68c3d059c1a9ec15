/** One message in 200 arrives in two parts. The buffer of its first part is filed, and not taken off the file when the second has come. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['receive'], retainer: 'partial' }

class FrameReader {
  readonly #partial = new Map<number, { parts: string[] }>()
  #messages = 0

  receive(text: string): string {
    this.#messages += 1
    if (this.#messages % 200 !== 0) return text
    const message = { parts: [text.slice(0, 4)] } // leaks here
    this.#partial.set(this.#messages, message)
    message.parts.push(text.slice(4))
    return message.parts.join('')
  }
}

const reader = new FrameReader()

const scenario: Scenario = () => reader.receive('{"type":"agent.note"}')

export default scenario
