import { OakumError } from '../../errors/index.ts'
import type { Item, ToolResultItem } from '../items.ts'
import type { ModelRequest } from '../model.ts'
import type { AnthropicOptions } from './anthropic.ts'
import { fieldsOf } from './reading.ts'
import { sentCallId, sentName } from './sent-names.ts'
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
  return turns.map(({ role, parts }) => {
    const results = parts.filter(({ kind }) => kind === 'tool_result')
    const others = parts.filter(({ kind }) => kind !== 'tool_result')
    return { role, content: [...results, ...others].map(({ block }) => block) }
  })
}

/** Stands for what a limit of the history left out. */
const FORGOTTEN: Part = {
  role: 'user',
  kind: 'message',
  block: { type: 'text', text: '(What was said before is not shown.)' },
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

/** The service refuses a message of the assistant that ends in a thought: those that led to nothing are left out. */
function withoutLooseThoughts(parts: readonly Part[]): readonly Part[] {
  const kept: Part[] = []
  let next: Part['role'] = 'user'
  for (const part of parts.toReversed()) {
    const thought = part.kind === 'reasoning'
    if (thought && next === 'user') continue
    if (!thought) next = part.role
    kept.push(part)
  }
  return kept.toReversed()
}

function systemText(item: Item): readonly string[] {
  return item.type === 'message' && item.role === 'system' ? [item.text] : []
}

/** The service refuses texts in which nothing is said. */
function isSaid(text: string): boolean {
  return text.trim() !== ''
}
