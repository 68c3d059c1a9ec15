/** Each viewer subscribes by a connection of its own, since a Redis connection that subscribes can do nothing else, and leaves without ending it. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'
import { startRedis } from '../support/redis.ts'

export const expected: Expected = { verdict: 'leak', site: ['subscribe'], retainer: 'TCP', counter: 'sockets' }

const redis = await startRedis()

class Viewer {
  readonly #messages: string[] = []

  async subscribe(channel: string): Promise<void> {
    const connection = connect(redis.port, '127.0.0.1') // leaks here
    connection.on('error', () => connection.destroy())
    connection.write(`*2\r\n$9\r\nSUBSCRIBE\r\n$${channel.length}\r\n${channel}\r\n`)
    connection.on('data', reply => this.#messages.push(String(reply))) // leaks here
    await once(connection, 'data')
  }
}

const scenario: Scenario = () => new Viewer().subscribe('agent:lifecycle')

export const options = { warmup: 20, iterations: 240 }

export const close = (): Promise<void> => redis.close()

export default scenario
