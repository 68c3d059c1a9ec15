/**
 * fetch() against a server, each body read to its end, and the entries of resource timing cleared.
 *
 * Looks like a leak: connections stay open in fetch's own pool, and bodies are tied to a FinalizationRegistry.
 */
import { createServer } from 'node:http'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'
import { listen } from '../loopback.ts'

// Long, so that a connection is not closed while it is about to be used again, however slow the machine.
const server = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => {
  response.setHeader('content-type', 'application/json').end('{"status":"ok"}')
})
const port = await listen(server)

const scenario: Scenario = async ({ signal }) => {
  const response = await fetch(`http://127.0.0.1:${port}/health`, { signal })
  await response.json()
  performance.clearResourceTimings()
}

export default scenario
export const expected: Expected = { verdict: 'clean' }

export function close(): void {
  server.closeAllConnections()
  server.close()
}
