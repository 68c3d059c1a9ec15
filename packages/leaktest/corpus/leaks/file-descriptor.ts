/** The head of a file is read through a descriptor that is closed only when the file is what it should be. A descriptor is a number: the heap knows nothing of it. */
import { closeSync, openSync, readSync } from 'node:fs'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['readHead'], counter: 'fds' }

const head = Buffer.alloc(16)

function readHead(path: string): string | undefined {
  const file = openSync(path, 'r') // leaks here
  const length = readSync(file, head, 0, head.length, 0)
  const text = head.toString('utf8', 0, length)
  if (!text.startsWith('#!')) return undefined
  closeSync(file)
  return text
}

const scenario: Scenario = () => readHead(import.meta.filename)

export const options = { warmup: 20, iterations: 1_200 }

export default scenario
