/** A probe asks only for the status and keeps the response for its report, with a body that is neither read nor cancelled. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'
import { startPeer } from '../support/peer.ts'

export const expected: Expected = { verdict: 'leak', site: ['probe'], retainer: 'responses' }

const peer = await startPeer()

class Probe {
  readonly #responses: Response[] = []

  async probe(url: string): Promise<number> {
    const response = await fetch(url) // leaks here
    this.#responses.push(response)
    return response.status
  }
}

const probe = new Probe()

const scenario: Scenario = () => probe.probe(peer.url)

export const options = { iterations: 240 }

export const close = (): Promise<void> => peer.close()

export default scenario
