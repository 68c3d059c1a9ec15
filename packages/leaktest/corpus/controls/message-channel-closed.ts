/**
 * A MessageChannel per question, closed when the answer came.
 *
 * Looks like a leak: a port that is listened to keeps itself and its peer alive, whoever holds them.
 */
import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const scenario: Scenario = async ({ iteration }) => {
  const { port1: asking, port2: answering } = new MessageChannel()
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port is no window
  answering.once('message', (question: number) => answering.postMessage(question * 2))
  const answered = once(asking, 'message')
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port is no window
  asking.postMessage(iteration)
  await answered
  const closed = once(asking, 'close')
  asking.close()
  await closed
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
