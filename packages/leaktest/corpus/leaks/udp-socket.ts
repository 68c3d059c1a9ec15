/** Each agent announces itself by a datagram from a socket of its own, and leaves the socket open for answers. */
import { once } from 'node:events'
import { createSocket } from 'node:dgram'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['announce'], retainer: 'UDP', counter: 'fds' }

async function announce(agent: string): Promise<string> {
  let answer = agent
  const socket = createSocket('udp4', message => (answer = String(message))) // leaks here
  socket.bind(0, '127.0.0.1').unref()
  await once(socket, 'listening')
  return answer
}

const scenario: Scenario = () => announce('coder-1')

export const options = { warmup: 20, iterations: 240 }

export default scenario
