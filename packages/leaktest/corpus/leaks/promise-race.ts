/**
 * Each turn races the model against the promise of the program's end. The race is over at once, but its reactions stay on the
 * promise that has not settled, each with the race's result.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['turn'], retainer: 'shutdown' }

const shutdown = new Promise<never>((_resolve, reject) => {
  process.once('SIGUSR2', () => reject(new Error('The program ends')))
})

async function askModel(prompt: string): Promise<string> {
  await Promise.resolve()
  return `You asked: ${prompt}`
}

async function turn(prompt: string): Promise<string> {
  return await Promise.race([askModel(prompt), shutdown]) // leaks here
}

const scenario: Scenario = () => turn('What is the time?')

export default scenario
