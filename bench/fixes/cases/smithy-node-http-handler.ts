/**
 * The HTTP handler of the AWS SDK added an `abort` listener per request to the caller's signal, and never removed it.
 * https://github.com/smithy-lang/smithy-typescript/pull/1332, fixed in 3.1.2.
 */
import { createServer } from 'node:http'
import type { Readable } from 'node:stream'
import { listen } from '../../../packages/leaktest/corpus/loopback.ts'
import type { Fix, Trial } from '../fix.ts'

interface Smithy {
  NodeHttpHandler: new () => {
    handle(request: object, options: { abortSignal: AbortSignal }): Promise<{ response: { body: Readable } }>
    destroy(): void
  }
}

export const fix: Fix = {
  package: '@smithy/node-http-handler',
  leak: 'abort listener, and with it the request',
  source: 'https://github.com/smithy-lang/smithy-typescript/pull/1332',
}

export async function prepare({ NodeHttpHandler }: Smithy): Promise<Trial> {
  const server = createServer((_, response) => response.end('{}'))
  // A socket that waits is not to be closed while the test looks at the heap.
  server.keepAliveTimeout = 0
  const port = await listen(server)
  const handler = new NodeHttpHandler()
  const { signal } = new AbortController()
  const request = { protocol: 'http:', hostname: '127.0.0.1', port, method: 'GET', path: '/', headers: {}, query: {} }
  return {
    async scenario() {
      const { response } = await handler.handle(request, { abortSignal: signal })
      await response.body.resume().toArray()
    },
    close() {
      handler.destroy()
      server.close()
    },
  }
}
