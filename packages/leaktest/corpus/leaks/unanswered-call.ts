/**
 * Calls to a tool server are filed by their id until the answer comes. A call that the caller gave up stays filed: its answer
 * never comes, since the server was told to forget it.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['request'], retainer: 'pending', counter: 'promises' }

class ToolClient {
  readonly #pending = new Map<number, PromiseWithResolvers<string>>()
  #lastId = 0

  request(): { id: number; answer: Promise<string> } {
    const call = Promise.withResolvers<string>() // leaks here
    const id = ++this.#lastId
    this.#pending.set(id, call)
    return { id, answer: call.promise }
  }

  receive(id: number, answer: string): void {
    this.#pending.get(id)?.resolve(answer)
    this.#pending.delete(id)
  }
}

const client = new ToolClient()

async function callTwice(): Promise<string> {
  client.request()
  const { id, answer } = client.request()
  client.receive(id, 'ok')
  return await answer
}

const scenario: Scenario = () => callTwice()

export const options = { budget: { promises: 0 } }

export default scenario
