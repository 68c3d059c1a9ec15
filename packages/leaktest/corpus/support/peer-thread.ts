import { once } from 'node:events'
import { createServer } from 'node:net'
import { parentPort } from 'node:worker_threads'

const RESPONSE = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\nok\n'

const server = createServer(socket => {
  socket.on('data', () => socket.write(RESPONSE))
  socket.on('error', () => socket.destroy())
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
if (address !== null && typeof address === 'object') parentPort?.postMessage(address.port)
