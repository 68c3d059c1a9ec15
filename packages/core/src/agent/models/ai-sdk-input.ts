import { OakumError } from '../../errors/error.ts'
import type { Item, Raw, ToolResultItem } from '../items.ts'
import type { ModelRequest } from '../model.ts'
import { BROKEN_OFF, isBrokenOff } from './broken-off.ts'
import { fieldsOf, textOf } from './reading.ts'
import { sentName } from './sent-names.ts'
import { thoughtsFirst, withoutLooseThoughts } from './thoughts.ts'
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
      ...messages(provider, items),
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
  const name = responsesName(provider)
  const options = name === undefined ? {} : { store: false, ...fieldsOf(given[name]) }
  if (previousResponseId !== undefined && !('store' in options && options.store === true)) {
    const message = `previousResponseId needs a response that the service has stored. ${provider} keeps none, unless it is OpenAI's Responses, with params.providerOptions.openai.store: true.`
    throw new OakumError('INVALID_OPTION', message)
  }
  if (name === undefined) return given
  return { ...given, [name]: { ...options, ...(previousResponseId !== undefined && { previousResponseId }) } }
}

/** Under which name a provider takes its options, where it speaks with OpenAI's Responses. */
function responsesName(provider: string): string | undefined {
  return /^(openai|azure).*\.responses$/.exec(provider)?.[1]
}

/** A part of a message, and whose it is. */
interface Part {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly kind: Item['type']
  readonly part: object
}

/** What one says at a time is one message: an assistant's thoughts, text and calls belong together, as do the results of its calls. */
function messages(provider: string, items: readonly Item[]): readonly object[] {
  const said: { readonly role: Part['role']; readonly parts: Part[] }[] = []
  for (const part of withoutLooseThoughts(items.flatMap(item => partOf(portOf(provider), item)))) {
    const last = said.at(-1)
    if (last?.role === part.role && part.role !== 'system') last.parts.push(part)
    else said.push({ role: part.role, parts: [part] })
  }
  if (said.at(-1)?.role === 'assistant' && isBrokenOff(items)) said.push({ role: 'user', parts: [GO_ON] })
  // OpenAI takes thoughts anywhere, other than Claude, but what they led to has to come right behind them.
  const ordered = responsesName(provider) === undefined ? thoughtsFirst<Part> : (parts: readonly Part[]) => parts
  return said.map(({ role, parts }) => {
    const content = ordered(parts).map(({ part }) => part)
    return { role, content: role === 'system' ? textOf(fieldsOf(content[0]).text) : content }
  })
}

const GO_ON: Part = { role: 'user', kind: 'message', part: { type: 'text', text: BROKEN_OFF } }

function partOf(port: string, item: Item): readonly Part[] {
  const { type: kind } = item
  switch (kind) {
    case 'message': {
      if (item.role !== 'system' && item.text.trim() === '') return []
      return [{ role: item.role, kind, part: { type: 'text', text: item.text, ...metadataOf(port, item.raw) } }]
    }
    case 'reasoning': {
      if (item.raw?.port !== port) return []
      return [{ role: 'assistant', kind, part: { type: kind, text: item.text, ...metadataOf(port, item.raw) } }]
    }
    case 'tool_call': {
      const { callId: toolCallId, name, raw } = item
      const call = { type: 'tool-call', toolCallId, toolName: sentName(name), input: argumentsObject(item.arguments) }
      return [{ role: 'assistant', kind, part: { ...call, ...metadataOf(port, raw) } }]
    }
    case 'tool_result':
      return [{ role: 'tool', kind, part: resultPart(item) }]
    default:
      return []
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
