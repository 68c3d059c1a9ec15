/** The output of all commands is concatenated to one string, which nobody reads: a rope that gains two links per command. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['capture'], retainer: 'output' }

class Terminal {
  #output = ''
  commands = 0

  capture(line: string): void {
    this.commands += 1
    this.#output += `${this.commands} ${line}\n` // leaks here
  }

  read(): string {
    return this.#output
  }
}

const terminal = new Terminal()

const scenario: Scenario = () => terminal.capture('npm test: 12 passed')

export const close = (): number => terminal.read().length

export default scenario
