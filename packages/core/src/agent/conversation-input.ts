/**
 * What a loop is given as conversation, checked before it becomes a part of it: a service would refuse every request from then on.
 */
import { inspect } from 'node:util'
import { OakumError } from '../errors/index.ts'
import { endsTurn } from './history.ts'
import type { Item } from './items.ts'

type Fields = Readonly<Record<string, unknown>>

/** What an item of each type needs. */
const NEEDED: Readonly<Record<Item['type'], { readonly what: string; readonly has: (item: Fields) => boolean }>> = {
  message: {
    what: 'a role (user, assistant or system) and a text',
    has: ({ role, text }) => isOneOf(role, ['user', 'assistant', 'system']) && typeof text === 'string',
  },
  reasoning: { what: 'a text', has: ({ text }) => typeof text === 'string' },
  tool_call: {
    what: 'a callId, a name, and arguments as text',
    has: item => isCall(item) && typeof item.arguments === 'string',
  },
  tool_result: {
    what: 'a callId, a name, a status (ok, error, denied or aborted) and an output as text',
    has: item =>
      isCall(item) && isOneOf(item.status, ['ok', 'error', 'denied', 'aborted']) && typeof item.output === 'string',
  },
}

/**
 * The input of a run, as items. What follows a response that a service stored may answer calls that nobody knows here.
 *
 * @throws OakumError INVALID_OPTION
 */
export function inputItems(input: string | readonly Item[], previousResponseId: string | undefined): readonly Item[] {
  if (typeof input !== 'string') return checked('input', input, previousResponseId !== undefined)
  if (input.trim() === '') throw new OakumError('INVALID_OPTION', 'The input must not be empty.')
  return [{ type: 'message', role: 'user', text: input }]
}

/** A conversation that a loop goes on with. @throws OakumError INVALID_OPTION */
export function historyItems(history: readonly Item[]): readonly Item[] {
  return checked('history', history, false)
}

function checked(option: string, given: readonly Item[], mayAnswerOthers: boolean): readonly Item[] {
  if (!Array.isArray(given)) throw invalid(option, `must be a list of items, not ${shown(given)}`)
  const items: readonly Item[] = [...given]
  const calls = new Calls(mayAnswerOthers)
  for (const [index, item] of items.entries()) {
    const problem = problemOf(item) ?? calls.problemOf(item, items[index - 1])
    if (problem !== undefined) throw invalid(`${option}[${index}]`, `${problem}: ${shown(item)}`)
  }
  return items
}

/** Which results belong to which calls. A call without one is no problem: it is answered as aborted where its turn ends. */
class Calls {
  readonly #mayAnswerOthers: boolean
  readonly #open = new Set<string>()
  readonly #known = new Set<string>()

  constructor(mayAnswerOthers: boolean) {
    this.#mayAnswerOthers = mayAnswerOthers
  }

  problemOf(item: Item, previous: Item | undefined): string | undefined {
    if (endsTurn(item, previous)) this.#open.clear()
    if (item.type !== 'tool_call' && item.type !== 'tool_result') return undefined
    const { type, callId } = item
    const isOpen = this.#open.has(callId)
    const isKnown = this.#known.has(callId)
    this.#known.add(callId)
    if (type === 'tool_call') {
      this.#open.add(callId)
      // Behind its turn an id may come again: some services count anew, and the loop knows only what it remembers.
      return isOpen ? 'has the callId of another call that waits for its result' : undefined
    }
    this.#open.delete(callId)
    if (isOpen || (this.#mayAnswerOthers && !isKnown)) return undefined
    return 'is a result without its call, a second one, or one that does not follow on the calls of its turn'
  }
}

function problemOf(item: unknown): string | undefined {
  const fields: Fields = typeof item === 'object' && item !== null ? { ...item } : {}
  const needed = Object.entries(NEEDED).find(([type]) => type === fields.type)?.[1]
  if (needed === undefined) return `must have a type: ${Object.keys(NEEDED).join(', ')}`
  if (!needed.has(fields)) return `needs ${needed.what}`
  const { type, id } = fields
  if (type === 'tool_result' || id === undefined || typeof id === 'string') return undefined
  return 'has an id that is no text; leave it out where there is none'
}

function isCall({ callId, name }: Fields): boolean {
  return typeof callId === 'string' && callId !== '' && typeof name === 'string'
}

function isOneOf(value: unknown, values: readonly unknown[]): boolean {
  return values.includes(value)
}

function invalid(what: string, problem: string): OakumError {
  return new OakumError('INVALID_OPTION', `${what} ${problem}`)
}

function shown(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 100 })
}
