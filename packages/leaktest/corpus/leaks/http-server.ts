/** Each run shows a preview on a port of its own. When the run ends its page is emptied, and the server goes on listening. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['open'], retainer: 'Server', counter: 'sockets' }

class Preview {
  static readonly #servers = new Set<Server>()
  #page = ''

  async open(page: string): Promise<void> {
    this.#page = page
    const server = createServer((_request, response) => response.end(this.#page)) // leaks here
    Preview.#servers.add(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }

  end(): void {
    this.#page = ''
  }

  static closeAll(): void {
    for (const server of Preview.#servers) server.close()
    Preview.#servers.clear()
  }
}

const scenario: Scenario = async () => {
  const preview = new Preview()
  await preview.open('<h1>Plan</h1>')
  preview.end()
}

export const options = { warmup: 20, iterations: 240 }

export const close = (): void => Preview.closeAll()

export default scenario
