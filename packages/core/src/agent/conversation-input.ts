/**
 * What a loop is given as conversation, checked before it becomes a part of it: a service would refuse every request from then on.
 */
import { inspect } from 'node:util'
import { OakumError } from '../errors/index.ts'
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
  const open = new Set<string>()
  for (const [index, item] of items.entries()) {
    const problem = problemOf(item)
    if (problem !== undefined) throw invalid(`${option}[${index}]`, `${problem}: ${shown(item)}`)
    if (item.type === 'tool_call') open.add(item.callId)
    if (item.type === 'tool_result' && !open.delete(item.callId) && !mayAnswerOthers) {
      throw invalid(`${option}[${index}]`, `is a result without its call, or a second one: ${shown(item)}`)
    }
  }
  return items
}

function problemOf(item: unknown): string | undefined {
  const fields: Fields = typeof item === 'object' && item !== null ? { ...item } : {}
  const needed = Object.entries(NEEDED).find(([type]) => type === fields.type)?.[1]
  if (needed === undefined) return `must have a type: ${Object.keys(NEEDED).join(', ')}`
  return needed.has(fields) ? undefined : `needs ${needed.what}`
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
