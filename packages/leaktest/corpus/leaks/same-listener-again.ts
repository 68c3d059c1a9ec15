/**
 * A function of the module is added to the shared connection whenever a task starts. It is the same function each time, so
 * no object is made for it, but the emitter keeps, and calls, one entry per task.
 */
import { EventEmitter } from 'node:events'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['startTask'], retainer: 'listeners', counter: 'listeners' }

const connection = new EventEmitter().setMaxListeners(0)
let failures = 0

function countFailure(): void {
  failures += 1
}

function startTask(name: string): string {
  connection.on('error', countFailure) // leaks here
  return `${name}: started, ${failures} failures so far`
}

const scenario: Scenario = ({ iteration }) => startTask(`task ${iteration}`)

export default scenario
