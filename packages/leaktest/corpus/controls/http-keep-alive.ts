/**
 * Requests over a connection that an Agent keeps open between them.
 *
 * Looks like a leak: the socket, its parser and the listeners that the Agent puts on it stay after each response.
 */
import { once } from 'node:events'
import { Agent, createServer, get, type IncomingMessage } from 'node:http'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'
import { listen } from '../loopback.ts'

// Long, so that a connection is not closed while it is about to be used again, however slow the machine.
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) =>
  response.end(`You asked for ${request.url}.`),
)
const port = await listen(server)
const agent = new Agent({ keepAlive: true, maxSockets: 2 })

function fetchText(path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  get({ host: '127.0.0.1', port, path, agent }, resolve).once('error', reject)
  return promise.then(async response => {
    let text = ''
    response.setEncoding('utf8').on('data', chunk => (text += chunk))
    await once(response, 'end')
    return text
  })
}

const scenario: Scenario = ({ iteration }) => fetchText(`/items/${iteration}`)

export default scenario
export const expected: Expected = { verdict: 'clean' }

export function close(): void {
  agent.destroy()
  server.close()
}
