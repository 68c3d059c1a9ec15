import { randomUUID } from 'node:crypto'
import type { Item } from '../items.ts'

/** Ids of calls that no other call of the conversation has: some services give none, or the same ones for each response. */
export class CallIds {
  readonly #taken: Set<string>

  /** @param items the conversation so far */
  constructor(items: readonly Item[]) {
    this.#taken = new Set(items.flatMap(item => (item.type === 'tool_call' ? item.callId : [])))
  }

  /** The service's own where it can be used. */
  take(given: string | undefined): string {
    const id = given === undefined || this.#taken.has(given) ? newId() : given
    this.#taken.add(id)
    return id
  }
}

/** OpenAI takes 40 characters at most. */
function newId(): string {
  return `call_${randomUUID().replaceAll('-', '')}`
}
