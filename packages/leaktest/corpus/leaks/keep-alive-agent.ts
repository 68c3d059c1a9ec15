/**
 * Each client makes an agent of its own that keeps connections alive, and no client destroys it. The idle socket is not ref'd,
 * so no list of active handles shows it, but it is open.
 */
import { Agent, get } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'
import { startPeer } from '../support/peer.ts'

export const expected: Expected = {
  verdict: 'leak',
  site: ['StatusClient', 'fetch'],
  retainer: 'Agent',
  counter: 'fds',
}

const peer = await startPeer()

class StatusClient {
  readonly #agent = new Agent({ keepAlive: true }) // leaks here

  fetch(url: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = get(url, { agent: this.#agent }, response => void text(response).then(resolve, reject)) // leaks here
      request.on('error', reject)
    })
  }
}

const scenario: Scenario = () => new StatusClient().fetch(peer.url)

export const options = { warmup: 20, iterations: 240 }

export const close = (): Promise<void> => peer.close()

export default scenario
