/**
 * Two workers that are started once and asked again and again.
 *
 * Looks like a leak: threads, message ports and their listeners outlive every iteration.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const program = `
  const { parentPort } = require('node:worker_threads')
  parentPort.on('message', numbers => parentPort.postMessage(numbers.reduce((sum, value) => sum + value, 0)))
`
const workers = [new Worker(program, { eval: true }), new Worker(program, { eval: true })]

async function sum(worker: Worker, numbers: readonly number[]): Promise<unknown> {
  const answer = once(worker, 'message')
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker is no window
  worker.postMessage(numbers)
  const [total] = await answer
  return total
}

const scenario: Scenario = async ({ iteration }) => {
  await Promise.all(workers.map((worker, index) => sum(worker, [iteration, index])))
}

export default scenario
export const expected: Expected = { verdict: 'clean' }

export async function close(): Promise<void> {
  await Promise.all(workers.map(worker => worker.terminate()))
}
