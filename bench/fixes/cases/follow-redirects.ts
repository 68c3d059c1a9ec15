/**
 * A request with a time-out left its timer, and with it all of the request, when it was aborted.
 * https://github.com/follow-redirects/follow-redirects/issues/175, fixed in 1.14.5.
 */
import { once } from 'node:events'
import { createServer, type ClientRequest } from 'node:http'
import { listen } from '../../../packages/leaktest/corpus/loopback.ts'
import type { Fix, Trial } from '../fix.ts'

interface FollowRedirects {
  default: { http: { get(url: string): ClientRequest } }
}

export const fix: Fix = {
  package: 'follow-redirects',
  leak: 'timer of an aborted request, as long as it is set to',
  source: 'https://github.com/follow-redirects/follow-redirects/issues/175',
}

export async function prepare({ default: { http } }: FollowRedirects): Promise<Trial> {
  // Answers nobody.
  const server = createServer()
  const port = await listen(server)
  return {
    async scenario() {
      const request = http.get(`http://127.0.0.1:${port}/`)
      request.on('error', () => undefined)
      request.setTimeout(3_600_000)
      const [socket] = await once(request, 'socket')
      await once(socket, 'connect')
      request.abort()
      await once(socket, 'close')
    },
    close: () => server.closeAllConnections(),
  }
}
