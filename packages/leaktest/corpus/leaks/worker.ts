/** A worker thread is started for each job, answers it, and then waits for the next job, which goes to another worker. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['hash'], retainer: 'MessagePort', counter: 'threads' }

const CODE = `
  const { parentPort } = require('node:worker_threads')
  parentPort.on('message', text => parentPort.postMessage(text.length))
`

class Hasher {
  readonly #threads = new Set<Worker>()

  async hash(text: string): Promise<number> {
    const thread = new Worker(CODE, { eval: true, execArgv: [] }) // leaks here
    this.#threads.add(thread)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    thread.postMessage(text)
    const [result] = await once(thread, 'message')
    return Number(result)
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#threads, thread => thread.terminate()))
  }
}

const hasher = new Hasher()

const scenario: Scenario = () => hasher.hash('oakum')

export const options = { warmup: 2, iterations: 24 }

export const close = (): Promise<void> => hasher.close()

export default scenario
