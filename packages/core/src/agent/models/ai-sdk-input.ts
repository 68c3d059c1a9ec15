import { OakumError } from '../../errors/error.ts'
import type { Item, Raw, ToolResultItem } from '../items.ts'
import type { ModelRequest } from '../model.ts'
import { fieldsOf } from './reading.ts'
import { sentName } from './sent-names.ts'
import { argumentsObject } from './tool-arguments.ts'

type Fields = Readonly<Record<string, unknown>>

/** What is kept to send an item again: what the provider told of it beside its text. */
export function rawOf(provider: string, metadata: unknown): Raw {
  return { port: portOf(provider), value: fieldsOf(metadata) }
}

/** The name of the port, one for each provider: none knows what another's metadata says. */
function portOf(provider: string): string {
  return `ai-sdk:${provider}`
}

/** @throws OakumError INVALID_OPTION */
export function callOptions(provider: string, params: Fields, request: ModelRequest): Fields {
  const { instructions, items, tools } = request
  const providerOptions = providerOptionsOf(provider, fieldsOf(params.providerOptions), request)
  return {
    ...params,
    prompt: [
      ...(instructions === undefined ? [] : [{ role: 'system', content: instructions }]),
      ...messages(portOf(provider), items),
    ],
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, parameters }) => ({
        type: 'function',
        name,
        description,
        inputSchema: parameters,
      })),
    }),
    providerOptions,
  }
}

/** OpenAI's Responses store what is made unless they are told not to, and the SDK then only refers to it. */
function providerOptionsOf(provider: string, given: Fields, { previousResponseId }: ModelRequest): Fields {
  const name = /^(openai|azure).*\.responses$/.exec(provider)?.[1]
  const options = name === undefined ? {} : { store: false, ...fieldsOf(given[name]) }
  if (previousResponseId !== undefined && !('store' in options && options.store === true)) {
    const message = `previousResponseId needs a response that the service has stored. ${provider} keeps none, unless it is OpenAI's Responses, with params.providerOptions.openai.store: true.`
    throw new OakumError('INVALID_OPTION', message)
  }
  if (name === undefined) return given
  return { ...given, [name]: { ...options, ...(previousResponseId !== undefined && { previousResponseId }) } }
}

type Role = 'user' | 'assistant' | 'tool'

/** A part of a message, and whose it is. */
interface Part {
  readonly role: Role
  readonly part: object
}

/** What one says at a time is one message: an assistant's thoughts, text and calls belong together, as do the results of its calls. */
function messages(port: string, items: readonly Item[]): readonly object[] {
  const said: ({ role: Role; content: object[] } | { role: 'system'; content: string })[] = []
  for (const item of items) {
    if (item.type === 'message' && item.role === 'system') {
      said.push({ role: 'system', content: item.text })
      continue
    }
    const next = partOf(port, item)
    if (!next) continue
    const last = said.at(-1)
    if (last && last.role !== 'system' && last.role === next.role) last.content.push(next.part)
    else said.push({ role: next.role, content: [next.part] })
  }
  return said
}

function partOf(port: string, item: Item): Part | undefined {
  const { type } = item
  switch (type) {
    case 'message': {
      if (item.role === 'system' || item.text.trim() === '') return undefined
      return { role: item.role, part: { type: 'text', text: item.text, ...metadataOf(port, item.raw) } }
    }
    case 'reasoning': {
      if (item.raw?.port !== port) return undefined
      return { role: 'assistant', part: { type, text: item.text, ...metadataOf(port, item.raw) } }
    }
    case 'tool_call': {
      const { callId: toolCallId, name, raw } = item
      const call = { type: 'tool-call', toolCallId, toolName: sentName(name), input: argumentsObject(item.arguments) }
      return { role: 'assistant', part: { ...call, ...metadataOf(port, raw) } }
    }
    case 'tool_result':
      return { role: 'tool', part: resultPart(item) }
    default:
      return undefined
  }
}

function resultPart({ callId: toolCallId, name, status, output: value }: ToolResultItem): object {
  const output = { type: status === 'ok' ? 'text' : 'error-text', value }
  return { type: 'tool-result', toolCallId, toolName: sentName(name), output }
}

function metadataOf(port: string, raw: Raw | undefined): object | undefined {
  if (raw?.port !== port) return undefined
  const options = fieldsOf(raw.value)
  return Object.keys(options).length > 0 ? { providerOptions: options } : undefined
}
