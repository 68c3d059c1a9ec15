/**
 * A worker per iteration, which answers once and is terminated.
 *
 * Looks like a leak: each is a thread with a heap and message ports of its own, and terminating it takes a while.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { LeaktestOptions, Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const program = `require('node:worker_threads').parentPort.postMessage('ready')`

const scenario: Scenario = async () => {
  const worker = new Worker(program, { eval: true })
  try {
    await once(worker, 'message')
  } finally {
    await worker.terminate()
  }
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
/** Tens of milliseconds each: by number, so that a slow machine can tell as well. */
export const options: LeaktestOptions = { warmup: 5, iterations: 30 }
