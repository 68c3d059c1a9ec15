/**
 * A call that can be cancelled listens on the signal of the whole program, and does not take its listener off when it ends
 * well. `once` helps only when the signal aborts, which is when the program ends.
 */
import { setMaxListeners } from 'node:events'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = {
  verdict: 'leak',
  site: ['cancellable'],
  retainer: 'listeners',
  counter: 'listeners',
}

const program = new AbortController()
setMaxListeners(0, program.signal)

function cancellable<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  signal.addEventListener('abort', () => reject(new Error('Cancelled')), { once: true }) // leaks here
  void work().then(resolve, reject)
  return promise
}

async function callTool(): Promise<string> {
  await Promise.resolve()
  return 'ok'
}

const scenario: Scenario = () => cancellable(callTool, program.signal)

export default scenario
