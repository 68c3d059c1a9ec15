/**
 * A pool of at most four connections to a server, opened when first needed and kept open.
 *
 * Looks like a leak: sockets opened inside an iteration are open when it has ended, and so are their server's ends.
 */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'
import { listen } from '../loopback.ts'

const server = createServer(socket => void socket.pipe(socket))
const port = await listen(server)
const idle: Socket[] = []

async function open(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

async function query(text: string): Promise<void> {
  const socket = idle.pop() ?? (await open())
  socket.write(text)
  await once(socket, 'data')
  if (idle.length < 4) idle.push(socket)
  else socket.destroy()
}

const scenario: Scenario = async ({ iteration }) => {
  await Promise.all(Array.from({ length: 1 + (iteration % 4) }, (_, index) => query(`select ${index}`)))
}

export default scenario
export const expected: Expected = { verdict: 'clean' }

export function close(): void {
  for (const socket of idle) socket.destroy()
  server.close()
}
