/**
 * Saves are debounced by file: a newer one replaces the timer of an older one. When a timer has fired its entry stays, and
 * each run writes files of its own.
 */
import { randomUUID } from 'node:crypto'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['save', 'editFile'], retainer: 'timers' }

class DebouncedWriter {
  readonly #timers = new Map<string, NodeJS.Timeout>()
  written = 0

  save(path: string): void {
    clearTimeout(this.#timers.get(path))
    const timer = setTimeout(() => (this.written += 1), 1) // leaks here
    this.#timers.set(path, timer)
  }
}

const writer = new DebouncedWriter()

function editFile(): void {
  const path = `notes/${randomUUID()}.md` // leaks here
  writer.save(path)
  writer.save(path)
}

const scenario: Scenario = () => editFile()

export default scenario
