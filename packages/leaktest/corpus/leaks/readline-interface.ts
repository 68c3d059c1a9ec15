/**
 * Each question opens an interface on the terminal, asks, and leaves it open. The interface stays on the terminal as
 * listeners, and would see every later key.
 */
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['approve'], retainer: 'listeners', counter: 'listeners' }

const terminal = new PassThrough().setMaxListeners(0)

function approve(question: string): Promise<boolean> {
  const prompt = createInterface({ input: terminal }) // leaks here
  const answered = new Promise<boolean>(resolve => {
    prompt.once('line', line => resolve(question.length > 0 && line === 'y'))
  })
  prompt.emit('line', 'y')
  return answered
}

const scenario: Scenario = () => approve('Run the tests?')

export default scenario
