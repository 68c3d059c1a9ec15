import type { ModelItem } from '../items.ts'
import type { ModelEvent, StopReason, Usage } from '../model.ts'
import type { CallIds } from './call-ids.ts'
import { OPENAI_RESPONSES } from './openai-responses-input.ts'
import { countOf, elementsOf, fieldsOf, nameOf, textOf } from './reading.ts'
import { cutShort } from './stream-errors.ts'
import { toldInStream, type EventReader } from './streaming-model.ts'
import { cutCall } from './tool-arguments.ts'
import { UnknownEvents } from './unknown-events.ts'

/** An event of the service's; its fields are looked at one by one, and believed in none. */
export interface ResponsesEvent {
  readonly type: string
}

/** Events that say nothing which others do not. */
const KNOWN: ReadonlySet<string> = new Set([
  'keepalive',
  'response.content_part.added',
  'response.content_part.done',
  'response.function_call_arguments.delta',
  'response.function_call_arguments.done',
  'response.in_progress',
  'response.output_item.added',
  'response.output_text.annotation.added',
  'response.output_text.done',
  'response.queued',
  'response.reasoning_summary_part.added',
  'response.reasoning_summary_part.done',
  'response.reasoning_summary_text.done',
  'response.reasoning_text.done',
  'response.refusal.done',
])

const BETWEEN_THOUGHTS = '\n\n'

/** Reads one response. Each item comes whole when it is done, so that nothing has to be put together here. */
export class ResponsesReader implements EventReader<ResponsesEvent> {
  readonly #callIds: CallIds
  readonly #unknown = new UnknownEvents()
  #id: string | undefined
  /** The part of the reasoning that is being made. */
  #thought: string | undefined
  #called = false
  #refused = false

  constructor(callIds: CallIds) {
    this.#callIds = callIds
  }

  read(event: ResponsesEvent): ModelEvent[] {
    const fields = fieldsOf(event)
    const type = nameOf(fields.type)
    switch (type) {
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        return [{ type: 'text', text: textOf(fields.delta) }]
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return [{ type: 'reasoning', text: this.#break(type, fields) + textOf(fields.delta) }]
      case 'response.created':
        return this.#begin(fields.response)
      case 'response.output_item.done':
        return this.#item(fields.item)
      case 'response.completed':
      case 'response.incomplete':
        return [...this.#begin(fields.response), this.#finish(type, fieldsOf(fields.response))]
      case 'response.failed':
        throw toldInStream('OpenAI', fieldsOf(fields.response).error)
      case 'error':
        throw toldInStream('OpenAI', fields.error ?? fields)
      default:
        return type !== undefined && KNOWN.has(type) ? [] : this.#unknown.warn(type)
    }
  }

  end(): never {
    throw cutShort('OpenAI')
  }

  #begin(response: unknown): ModelEvent[] {
    const id = nameOf(fieldsOf(response).id)
    if (id === undefined || id === this.#id) return []
    this.#id = id
    return [{ type: 'response', id }]
  }

  /** What is between the last thought and this one: the pieces together are the text of the item. */
  #break(type: string, { item_id: item, summary_index: summary, content_index: content }: Fields): string {
    const part = JSON.stringify([type, item, summary ?? content])
    const goesOn = this.#thought === undefined || this.#thought === part
    this.#thought = part
    return goesOn ? '' : BETWEEN_THOUGHTS
  }

  #item(value: unknown): ModelEvent[] {
    const fields = fieldsOf(value)
    const type = nameOf(fields.type)
    const item = type === undefined ? undefined : this.#itemOf(type, fields)
    if (item !== undefined) return [{ type: 'item', item }]
    return this.#unknown.warn(`response.output_item.done (${type})`)
  }

  #itemOf(type: string, fields: Fields): ModelItem | undefined {
    const id = nameOf(fields.id)
    const made = id === undefined ? {} : { id }
    switch (type) {
      case 'message': {
        const parts = elementsOf(fields.content).map(fieldsOf)
        const text = parts.map(part => textOf(part.text) + textOf(part.refusal)).join('')
        const refused = parts.some(part => part.type === 'refusal')
        const phase = nameOf(fields.phase)
        this.#refused ||= refused
        return {
          ...made,
          type,
          role: 'assistant',
          text,
          ...(refused && { refusal: true }),
          ...(phase !== undefined && { raw: { port: OPENAI_RESPONSES, value: { phase } } }),
        }
      }
      case 'reasoning': {
        this.#thought = undefined
        const parts = [...elementsOf(fields.summary), ...elementsOf(fields.content)]
        const text = parts.map(part => textOf(fieldsOf(part).text)).join(BETWEEN_THOUGHTS)
        return { ...made, type, text, raw: { port: OPENAI_RESPONSES, value: fields } }
      }
      case 'function_call': {
        this.#called = true
        const callId = this.#callIds.take(nameOf(fields.call_id))
        const call = { ...made, type: 'tool_call' as const, callId, name: textOf(fields.name) }
        const item = { ...call, arguments: textOf(fields.arguments) }
        return fields.status === 'incomplete' ? cutCall(item) : item
      }
      default:
        return undefined
    }
  }

  #finish(type: string, response: Fields): ModelEvent {
    const reason = type === 'response.incomplete' ? incompleteReason(response) : this.#reason()
    const usage = usageOf(response.usage)
    return { type: 'finish', reason, ...(usage && { usage }) }
  }

  #reason(): StopReason {
    if (this.#refused) return 'refusal'
    return this.#called ? 'tool_calls' : 'stop'
  }
}

type Fields = Readonly<Record<string, unknown>>

function incompleteReason(response: Fields): StopReason {
  const { reason } = fieldsOf(response.incomplete_details)
  if (reason === 'max_output_tokens') return 'length'
  return reason === 'content_filter' ? 'content_filter' : 'other'
}

function usageOf(value: unknown): Usage | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const usage = fieldsOf(value)
  return {
    inputTokens: countOf(usage.input_tokens),
    outputTokens: countOf(usage.output_tokens),
    cachedTokens: countOf(fieldsOf(usage.input_tokens_details).cached_tokens),
    reasoningTokens: countOf(fieldsOf(usage.output_tokens_details).reasoning_tokens),
  }
}
