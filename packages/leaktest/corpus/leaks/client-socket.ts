/** A health check connects, reads the answer and resolves, but never ends its socket: the event loop keeps it. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'
import { startPeer } from '../support/peer.ts'

export const expected: Expected = { verdict: 'leak', site: ['check'], retainer: 'TCP', counter: 'sockets' }

const peer = await startPeer()

async function check(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1') // leaks here
  socket.on('error', () => socket.destroy())
  socket.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const [answer] = await once(socket, 'data')
  return String(answer).startsWith('HTTP/1.1 200')
}

const scenario: Scenario = () => check(peer.port)

export const options = { warmup: 20, iterations: 240 }

export const close = (): Promise<void> => peer.close()

export default scenario
