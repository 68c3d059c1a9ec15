import type { Item, MessageItem, Raw, ReasoningItem, ToolCallItem, ToolResultItem } from '../items.ts'
import { elementsOf, fieldsOf } from './reading.ts'
import { sentName } from './sent-names.ts'
import { argumentsJson } from './tool-arguments.ts'

/**
 * The `port` of this port's raws: of thoughts the name of the field that they came in, or the fields that go back whatever becomes of the
 * thoughts; of calls the fields that go back with them.
 */
export const OPENAI_CHAT = 'openai.chat'

interface AssistantMessage {
  readonly role: 'assistant'
  content: string | null
  tool_calls?: object[]
  [thoughts: string]: unknown
}

/** A conversation as the service takes it: what a model said, and the calls that it made with that, are one message. */
export function chatMessages(
  instructions: string | undefined,
  items: readonly Item[],
  { sendReasoning }: { readonly sendReasoning: boolean },
): object[] {
  const messages: object[] = []
  if (instructions !== undefined) messages.push({ role: 'system', content: instructions })
  let turn: AssistantMessage | undefined
  const openTurn = (): AssistantMessage => {
    if (turn === undefined) messages.push((turn = { role: 'assistant', content: null }))
    return turn
  }
  for (const item of items) {
    if (item.type === 'tool_call') addCall(openTurn(), item)
    else if (item.type === 'reasoning') {
      if (item.raw?.port !== OPENAI_CHAT) continue
      if (typeof item.raw.value === 'object') addDetails(openTurn(), item.raw)
      else if (sendReasoning) addThoughts(openTurn(), item)
    } else if (item.type === 'message' && item.role === 'assistant') {
      // Two in a row stay two, unless they would part calls from their results.
      if (turn?.content && turn.tool_calls === undefined) turn = undefined
      addText(openTurn(), item)
    } else {
      turn = undefined
      messages.push(item.type === 'message' ? told(item) : resultMessage(item))
    }
  }
  return messages
}

function told({ role, text }: MessageItem): object {
  return { role, content: text }
}

function resultMessage({ callId, output }: ToolResultItem): object {
  return { role: 'tool', tool_call_id: callId, content: output }
}

function addText(message: AssistantMessage, { text }: MessageItem): void {
  message.content = (message.content ?? '') + text
}

function addCall(message: AssistantMessage, { callId, name, arguments: args, raw }: ToolCallItem): void {
  message.tool_calls ??= []
  const called = { name: sentName(name), arguments: argumentsJson(args) }
  const more = raw?.port === OPENAI_CHAT ? fieldsOf(raw.value) : {}
  message.tool_calls.push({ ...more, id: callId, type: 'function', function: called })
}

function addDetails(message: AssistantMessage, { value }: Raw): void {
  const before = elementsOf(message.reasoning_details)
  message.reasoning_details = [...before, ...elementsOf(fieldsOf(value).reasoning_details)]
  message.content ??= ''
}

function addThoughts(message: AssistantMessage, { text, raw }: ReasoningItem): void {
  const field = raw?.value === 'reasoning' ? 'reasoning' : 'reasoning_content'
  const before = message[field]
  message[field] = typeof before === 'string' ? before + text : text
  // Without text and calls a message must not have null.
  message.content ??= ''
}
