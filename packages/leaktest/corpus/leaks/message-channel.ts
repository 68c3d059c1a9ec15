/** Each request to a worker gets a channel for its answer. Neither port is closed afterwards, and an open port is kept by its thread. */
import { once } from 'node:events'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['ask'], retainer: 'MessagePort' }

function answer(port: MessagePort, question: string): void {
  port.postMessage(`${question} Yes.`)
}

async function ask(question: string): Promise<string> {
  const { port1, port2 } = new MessageChannel() // leaks here
  answer(port2, question)
  const [message] = await once(port1, 'message')
  port1.unref()
  return String(message)
}

const scenario: Scenario = () => ask('Is it safe?')

export default scenario
