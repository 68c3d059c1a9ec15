/** The console times each call under a name of its own; a call that throws is never ended, and the console keeps its start. */
import { randomUUID } from 'node:crypto'
import { Console } from 'node:console'
import { Writable } from 'node:stream'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['timed'], retainer: 'Console' }

const log = new Console(new Writable({ write: (_chunk, _encoding, done) => done() }))

function timed(work: () => void): string {
  const label = `call ${randomUUID()}` // leaks here
  log.time(label) // leaks here
  work()
  log.timeEnd(label)
  return label
}

const scenario: Scenario = () => {
  try {
    return timed(() => JSON.parse('{'))
  } catch (error) {
    return error instanceof SyntaxError
  }
}

export default scenario
