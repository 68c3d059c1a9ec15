/** Each session listens for a debugger, without holding up the program's end (`unref`), and never closes the port. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['listen'], retainer: 'TCP', counter: 'fds' }

class DebugPort {
  readonly #lines: string[] = []

  async listen(): Promise<number> {
    const server = createServer(socket => socket.end(this.#lines.join('\n'))) // leaks here
    server.listen(0, '127.0.0.1').unref()
    await once(server, 'listening')
    return this.#lines.push('listening')
  }
}

const scenario: Scenario = () => new DebugPort().listen()

export const options = { warmup: 20, iterations: 240 }

export default scenario
