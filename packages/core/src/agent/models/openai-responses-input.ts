import type { Item, ReasoningItem } from '../items.ts'
import { elementsOf, fieldsOf } from './reading.ts'
import { sentName } from './sent-names.ts'
import { argumentsJson } from './tool-arguments.ts'

/** The `port` of this port's raws. */
export const OPENAI_RESPONSES = 'openai.responses'

/**
 * A conversation as the service takes it. Ids of messages and calls are not sent: with them the service insists on finding the
 * reasoning that led to each, which may have been forgotten.
 *
 * @param store whether the service knows the reasoning that it made
 */
export function responsesInput(items: readonly Item[], { store }: { readonly store: boolean }): unknown[] {
  const input: unknown[] = []
  for (const [index, item] of items.entries()) {
    if (item.type !== 'reasoning' || (ledToSomething(items, index) && (store || isWhole(item)))) {
      input.push(...inputOf(item))
    }
  }
  return input
}

/** Whether the thoughts themselves are there, sealed or open. Without, the service looks for what has that id. */
function isWhole({ raw }: ReasoningItem): boolean {
  const { encrypted_content: sealed, content } = fieldsOf(raw?.value)
  return typeof sealed === 'string' || elementsOf(content).length > 0
}

function inputOf(item: Item): unknown[] {
  if (item.type === 'tool_call') {
    const called = { name: sentName(item.name), arguments: argumentsJson(item.arguments) }
    return [{ type: 'function_call', call_id: item.callId, ...called }]
  }
  if (item.type === 'tool_result') {
    return [{ type: 'function_call_output', call_id: item.callId, output: item.output }]
  }
  const raw = ownRaw(item)
  if (item.type === 'reasoning') return raw === undefined ? [] : [raw]
  // A message's raw has what its plain fields do not say.
  return [{ ...raw, role: item.role, content: item.text }]
}

function ownRaw({ raw }: Extract<Item, { raw?: unknown }>): object | undefined {
  return raw?.port === OPENAI_RESPONSES && typeof raw.value === 'object' && raw.value !== null ? raw.value : undefined
}

/** Whether what was made next is the model's too: the service refuses reasoning that led to nothing, as when a run was cancelled. */
function ledToSomething(items: readonly Item[], index: number): boolean {
  let next = index + 1
  while (items[next]?.type === 'reasoning') next++
  const item = items[next]
  return item?.type === 'tool_call' || (item?.type === 'message' && item.role === 'assistant')
}
