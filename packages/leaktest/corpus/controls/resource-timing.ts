/**
 * fetch() with its bodies read, and nothing else: what most programs do.
 *
 * Looks like a leak: each call leaves a PerformanceResourceTiming in a buffer that nobody reads, for the first 250 calls.
 * Then the buffer is full, and later entries are dropped.
 */
import { createServer } from 'node:http'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'
import { listen } from '../loopback.ts'

// Long, so that a connection is not closed while it is about to be used again, however slow the machine.
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => response.end(`Page ${request.url}`))
const port = await listen(server)

const scenario: Scenario = async ({ iteration }) => {
  const response = await fetch(`http://127.0.0.1:${port}/pages/${iteration}`)
  await response.text()
}

export default scenario
export const expected: Expected = { verdict: 'clean' }

export function close(): void {
  server.closeAllConnections()
  server.close()
}
