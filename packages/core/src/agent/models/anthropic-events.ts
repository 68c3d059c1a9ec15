import type { ModelItem } from '../items.ts'
import type { ModelEvent, StopReason, Usage } from '../model.ts'
import { ANTHROPIC, SERVICE } from './anthropic-input.ts'
import type { CallIds } from './call-ids.ts'
import { ItemQueue, type Place } from './item-queue.ts'
import { countOf, fieldsOf, nameOf, textOf } from './reading.ts'
import { cutShort } from './stream-errors.ts'
import type { EventReader } from './streaming-model.ts'
import { UnknownEvents } from './unknown-events.ts'

/** An event of the service's; its fields are looked at one by one, and believed in none. */
export interface MessagesEvent {
  readonly type: string
}

type Fields = Readonly<Record<string, unknown>>

/** A block that is being made. */
interface Block {
  /** As the service began it. */
  readonly start: Fields
  readonly place: Place
  /** What was said in it, thought, or written as arguments. */
  text: string
  signature: string
}

const STOP_REASONS: ReadonlyMap<unknown, StopReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'tool_calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['refusal', 'refusal'],
])

/** Reads one message: blocks, each begun, told in pieces, and ended. */
export class MessagesReader implements EventReader<MessagesEvent> {
  readonly #callIds: CallIds
  readonly #items = new ItemQueue()
  /** By their index. */
  readonly #blocks = new Map<unknown, Block>()
  readonly #unknown = new UnknownEvents()
  /** The counts so far. */
  #usage: Fields = {}
  #end: Fields = {}

  constructor(callIds: CallIds) {
    this.#callIds = callIds
  }

  read(event: MessagesEvent): ModelEvent[] {
    const fields = fieldsOf(event)
    const type = nameOf(fields.type)
    switch (type) {
      case 'message_start':
        return this.#start(fieldsOf(fields.message))
      case 'content_block_start':
        return this.#beginBlock(fields.index, fieldsOf(fields.content_block))
      case 'content_block_delta':
        return this.#addTo(this.#blocks.get(fields.index), fieldsOf(fields.delta))
      case 'content_block_stop':
        return this.#endBlock(fields.index)
      case 'message_delta':
        this.#end = fieldsOf(fields.delta)
        this.#count(fields.usage)
        return []
      case 'message_stop':
        return this.#finish()
      case 'ping':
        return []
      default:
        return this.#unknown.warn(type)
    }
  }

  end(): never {
    throw cutShort(SERVICE)
  }

  #start(message: Fields): ModelEvent[] {
    this.#count(message.usage)
    const id = nameOf(message.id)
    return id === undefined ? [] : [{ type: 'response', id }]
  }

  #beginBlock(index: unknown, start: Fields): ModelEvent[] {
    const type = textOf(start.type)
    if (!BLOCKS.has(type)) return this.#unknown.warn(`content_block_start (${type})`)
    const text = textOf(start.text) + textOf(start.thinking)
    this.#blocks.set(index, { start, place: this.#items.begin(), text, signature: textOf(start.signature) })
    return [...this.#items.ready(), ...piece(type === 'text' ? 'text' : 'reasoning', text)]
  }

  /** @param block none, where it was left out */
  #addTo(block: Block | undefined, delta: Fields): ModelEvent[] {
    if (!block) return []
    const text = textOf(delta.text)
    const thought = textOf(delta.thinking)
    switch (delta.type) {
      case 'text_delta':
        block.text += text
        return piece('text', text)
      case 'thinking_delta':
        block.text += thought
        return piece('reasoning', thought)
      case 'input_json_delta':
        block.text += textOf(delta.partial_json)
        return []
      case 'signature_delta':
        block.signature += textOf(delta.signature)
        return []
      default:
        return this.#unknown.warn(`content_block_delta (${textOf(delta.type)})`)
    }
  }

  #endBlock(index: unknown): ModelEvent[] {
    const block = this.#blocks.get(index)
    if (!block) return []
    this.#blocks.delete(index)
    const item = this.#itemOf(block)
    if (item) block.place.item = item
    else this.#items.forget(block.place)
    return this.#items.ready()
  }

  /** Nothing, where nothing is in it: the service takes no empty texts back. */
  #itemOf({ start, text, signature }: Block): ModelItem | undefined {
    switch (start.type) {
      case 'text':
        return text === '' ? undefined : { type: 'message', role: 'assistant', text }
      case 'thinking': {
        // Without its signature the service takes no thought back.
        const raw = { port: ANTHROPIC, value: { type: 'thinking', thinking: text, signature } }
        return { type: 'reasoning', text, ...(signature !== '' && { raw }) }
      }
      case 'redacted_thinking':
        return { type: 'reasoning', text: '', raw: { port: ANTHROPIC, value: start } }
      default: {
        const args = text === '' ? JSON.stringify(fieldsOf(start.input)) : text
        const callId = this.#callIds.take(nameOf(start.id))
        return { type: 'tool_call', callId, name: textOf(start.name), arguments: args }
      }
    }
  }

  /** Counts are those of the whole response so far; null is what did not change. */
  #count(usage: unknown): void {
    const told = Object.entries(fieldsOf(usage)).filter(([, count]) => count !== null)
    this.#usage = { ...this.#usage, ...Object.fromEntries(told) }
  }

  #finish(): ModelEvent[] {
    // The message is not whole while a block is not.
    if (this.#blocks.size > 0) throw cutShort(SERVICE)
    const reason = STOP_REASONS.get(this.#end.stop_reason) ?? 'other'
    const why = nameOf(fieldsOf(this.#end.stop_details).explanation)
    if (reason === 'refusal' && why !== undefined) this.#items.push({ type: 'message', role: 'assistant', text: why })
    return [...this.#items.rest(reason), { type: 'finish', reason, usage: usageOf(this.#usage) }]
  }
}

const BLOCKS: ReadonlySet<string> = new Set(['text', 'thinking', 'redacted_thinking', 'tool_use'])

function piece(type: 'text' | 'reasoning', text: string): ModelEvent[] {
  return text === '' ? [] : [{ type, text }]
}

/** The service counts what it read from a cache, and wrote to one, apart from its input. */
function usageOf(usage: Fields): Usage {
  const cachedTokens = countOf(usage.cache_read_input_tokens)
  return {
    inputTokens: countOf(usage.input_tokens) + countOf(usage.cache_creation_input_tokens) + cachedTokens,
    outputTokens: countOf(usage.output_tokens),
    cachedTokens,
    reasoningTokens: countOf(fieldsOf(usage.output_tokens_details).thinking_tokens),
  }
}
