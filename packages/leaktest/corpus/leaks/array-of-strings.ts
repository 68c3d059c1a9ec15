/** A logger for the page keeps its lines until they are fetched. With no page open nobody fetches them. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['info'], retainer: 'lines' }

class PageLog {
  #lines: string[] = []

  info(agent: string, text: string): void {
    this.#lines.push(`${new Date().toISOString()} ${agent} ${text}`) // leaks here
  }

  fetch(): string[] {
    const lines = this.#lines
    this.#lines = []
    return lines
  }
}

const log = new PageLog()

const scenario: Scenario = () => {
  log.info('coder-1', 'started')
  log.info('coder-1', 'stopped')
}

export default scenario
