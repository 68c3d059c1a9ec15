/**
 * A socket that joined a room after it had left stayed in the room for ever.
 * https://github.com/socketio/socket.io/issues/4067, fixed in 4.5.2.
 */
import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import { listen } from '../../../packages/leaktest/corpus/loopback.ts'
import type { Fix, Trial } from '../fix.ts'

interface Socket {
  join(room: string): void
  on(event: 'disconnect', listener: () => void): void
}

interface SocketIo {
  Server: new (server: HttpServer) => {
    on(event: 'connection', listener: (socket: Socket) => void): void
    close(): void
  }
}

export const fix: Fix = {
  package: 'socket.io',
  leak: 'room of a socket that has left',
  source: 'https://github.com/socketio/socket.io/issues/4067',
}

export async function prepare({ Server }: SocketIo): Promise<Trial> {
  const http = createServer()
  const server = new Server(http)
  const left = new EventTarget()
  server.on('connection', socket => {
    socket.on('disconnect', () => {
      setImmediate(() => {
        socket.join('late')
        left.dispatchEvent(new Event('left'))
      })
    })
  })
  const port = await listen(http)
  return {
    async scenario() {
      const client = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`)
      const leaves = new Promise(resolve => left.addEventListener('left', resolve, { once: true }))
      await once(client, 'message')
      client.send('40')
      await once(client, 'message')
      client.close()
      await leaves
    },
    close: () => server.close(),
  }
}
