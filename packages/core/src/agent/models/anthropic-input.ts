import { OakumError } from '../../errors/index.ts'
import type { Item, ToolResultItem } from '../items.ts'
import type { ModelRequest } from '../model.ts'
import type { AnthropicOptions } from './anthropic.ts'
import { BROKEN_OFF, isBrokenOff } from './broken-off.ts'
import { fieldsOf } from './reading.ts'
import { sentCallId, sentName } from './sent-names.ts'
import { thoughtsFirst, withoutLooseThoughts } from './thoughts.ts'
import { argumentsObject } from './tool-arguments.ts'

/** For errors. */
export const SERVICE = 'Anthropic'

/** The name under which the port keeps what it needs to send an item again. */
export const ANTHROPIC = 'anthropic'

/** The body of a request. @throws OakumError INVALID_OPTION */
export function messagesBody({ model, maxTokens, params }: AnthropicOptions, request: ModelRequest): object {
  const { instructions = '', items, tools, previousResponseId } = request
  if (previousResponseId !== undefined) {
    throw new OakumError('INVALID_OPTION', 'Anthropic keeps no responses: previousResponseId cannot be used with it.')
  }
  const system = [instructions, ...items.flatMap(systemText)].filter(isSaid).join('\n\n')
  return {
    ...params,
    model,
    max_tokens: maxTokens,
    ...(system !== '' && { system }),
    messages: messages(items),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters })),
    }),
    stream: true,
  }
}

/** A block of a message, and whose it is. */
interface Part {
  readonly role: 'user' | 'assistant'
  readonly kind: Item['type']
  readonly block: object
}

/** User and assistant in turns, beginning with the user; results before all else that the user says. */
function messages(items: readonly Item[]): readonly object[] {
  const turns: { readonly role: Part['role']; readonly parts: Part[] }[] = []
  for (const part of withoutLooseThoughts(items.flatMap(partOf))) {
    const last = turns.at(-1)
    if (last?.role === part.role) last.parts.push(part)
    else turns.push({ role: part.role, parts: [part] })
  }
  if (turns[0]?.role === 'assistant') turns.unshift({ role: 'user', parts: [FORGOTTEN] })
  if (turns.at(-1)?.role === 'assistant' && isBrokenOff(items)) turns.push({ role: 'user', parts: [GO_ON] })
  return turns.map(({ role, parts }) => {
    const results = parts.filter(({ kind }) => kind === 'tool_result')
    const others = parts.filter(({ kind }) => kind !== 'tool_result')
    return { role, content: [...results, ...thoughtsFirst(others)].map(({ block }) => block) }
  })
}

/** Stands for what a limit of the history left out. */
const FORGOTTEN = said('(What was said before is not shown.)')
/** Newer models refuse a conversation that ends with what the assistant said. */
const GO_ON = said(BROKEN_OFF)

function said(text: string): Part {
  return { role: 'user', kind: 'message', block: { type: 'text', text } }
}

function partOf(item: Item): readonly Part[] {
  const { type: kind } = item
  switch (kind) {
    case 'message':
      if (item.role === 'system' || !isSaid(item.text)) return []
      return [{ role: item.role, kind, block: { type: 'text', text: item.text } }]
    case 'reasoning':
      return item.raw?.port === ANTHROPIC ? [{ role: 'assistant', kind, block: fieldsOf(item.raw.value) }] : []
    case 'tool_call': {
      const { callId, name, arguments: text } = item
      const called = { id: sentCallId(callId), name: sentName(name), input: argumentsObject(text) }
      return [{ role: 'assistant', kind, block: { type: 'tool_use', ...called } }]
    }
    case 'tool_result':
      return [{ role: 'user', kind, block: resultBlock(item) }]
    default:
      return []
  }
}

/** The service wants to know of each error what it is. */
function resultBlock({ callId, status, output }: ToolResultItem): object {
  const content = isSaid(output) ? output : status === 'ok' ? undefined : `The call ended as: ${status}.`
  return {
    type: 'tool_result',
    tool_use_id: sentCallId(callId),
    ...(content !== undefined && { content }),
    ...(status !== 'ok' && { is_error: true }),
  }
}

function systemText(item: Item): readonly string[] {
  return item.type === 'message' && item.role === 'system' ? [item.text] : []
}

/** The service refuses texts in which nothing is said. */
function isSaid(text: string): boolean {
  return text.trim() !== ''
}
