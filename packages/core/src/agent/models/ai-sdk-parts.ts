import type { Raw } from '../items.ts'
import type { ModelEvent, StopReason, Usage } from '../model.ts'
import { rawOf } from './ai-sdk-input.ts'
import type { CallIds } from './call-ids.ts'
import { ItemQueue, type Place } from './item-queue.ts'
import { countOf, elementsOf, fieldsOf, nameOf, textOf } from './reading.ts'
import { brokenEvent, cutShort, failedInStream } from './stream-errors.ts'
import { toldInStream, type EventReader } from './streaming-model.ts'
import { UnknownEvents } from './unknown-events.ts'

/** A part of the stream; its fields are looked at one by one, as they differ with the version of the interface. */
export interface StreamPart {
  readonly type: string
}

type Fields = Readonly<Record<string, unknown>>

/** A text, or a thought, that is being made. */
interface Block {
  readonly type: 'message' | 'reasoning'
  readonly place: Place
  text: string
  metadata: unknown
}

/** Parts that say nothing which others do not. */
const KNOWN: ReadonlySet<string> = new Set(['ping', 'raw', 'tool-input-start', 'tool-input-delta', 'tool-input-end'])

const STOP_REASONS: ReadonlyMap<unknown, StopReason> = new Map([
  ['stop', 'stop'],
  ['tool-calls', 'tool_calls'],
  ['length', 'length'],
  ['content-filter', 'content_filter'],
])

/** Reads one response. */
export class PartsReader implements EventReader<StreamPart> {
  readonly #provider: string
  readonly #callIds: CallIds
  readonly #items = new ItemQueue()
  /** By their type and id. */
  readonly #blocks = new Map<string, Block>()
  readonly #unknown = new UnknownEvents()
  /** What the provider said of an event that it did not know. */
  #leftOut: unknown

  constructor(provider: string, callIds: CallIds) {
    this.#provider = provider
    this.#callIds = callIds
  }

  read(streamPart: StreamPart): ModelEvent[] {
    const part = fieldsOf(streamPart)
    const type = textOf(part.type)
    switch (type) {
      case 'stream-start':
        return elementsOf(part.warnings).map(warning => ({ type: 'warning', message: warningText(warning) }))
      case 'response-metadata': {
        const id = nameOf(part.id)
        return id === undefined ? [] : [{ type: 'response', id }]
      }
      case 'text-start':
      case 'reasoning-start':
        return this.#begin(type === 'text-start' ? 'message' : 'reasoning', part)
      case 'text-delta':
      case 'reasoning-delta':
        return this.#add(type === 'text-delta' ? 'message' : 'reasoning', part)
      case 'text-end':
      case 'reasoning-end':
        return this.#endBlock(type === 'text-end' ? 'message' : 'reasoning', part)
      case 'tool-call':
        return part.providerExecuted === true ? this.#unknown.warn('tool-call of the provider') : this.#call(part)
      case 'finish':
        return this.#finish(part)
      case 'error':
        return this.#fail(part.error)
      default:
        return KNOWN.has(type) ? [] : this.#unknown.warn(type)
    }
  }

  end(): never {
    throw cutShort(this.#provider)
  }

  #begin(type: Block['type'], { id, providerMetadata: metadata }: Fields): ModelEvent[] {
    this.#blocks.set(`${type} ${textOf(id)}`, { type, place: this.#items.begin(), text: '', metadata })
    return this.#items.ready()
  }

  #add(type: Block['type'], { id, delta, providerMetadata }: Fields): ModelEvent[] {
    const block = this.#blocks.get(`${type} ${textOf(id)}`)
    const text = textOf(delta)
    if (block) {
      block.text += text
      block.metadata = providerMetadata ?? block.metadata
    }
    return block && text !== '' ? [{ type: type === 'message' ? 'text' : type, text }] : []
  }

  #endBlock(type: Block['type'], { id, providerMetadata }: Fields): ModelEvent[] {
    const key = `${type} ${textOf(id)}`
    const block = this.#blocks.get(key)
    if (!block) return []
    this.#blocks.delete(key)
    block.metadata = providerMetadata ?? block.metadata
    this.#complete(block)
    return this.#items.ready()
  }

  #complete({ type, place, text, metadata }: Block): void {
    // Some providers want their thoughts back although they tell nothing more of them.
    if (type === 'reasoning') place.item = { type, text, raw: rawOf(this.#provider, metadata) }
    else if (text === '') this.#items.forget(place)
    else place.item = { type, role: 'assistant', text, ...this.#raw(metadata) }
  }

  #call({ toolCallId, toolName, input, providerMetadata }: Fields): ModelEvent[] {
    this.#items.push({
      type: 'tool_call',
      callId: this.#callIds.take(nameOf(toolCallId)),
      name: textOf(toolName),
      arguments: textOf(input),
      ...this.#raw(providerMetadata),
    })
    return this.#items.ready()
  }

  #raw(metadata: unknown): { raw?: Raw } {
    return Object.keys(fieldsOf(metadata)).length > 0 ? { raw: rawOf(this.#provider, metadata) } : {}
  }

  #finish({ finishReason, usage }: Fields): ModelEvent[] {
    const unified = nameOf(finishReason) ?? nameOf(fieldsOf(finishReason).unified)
    const raw = nameOf(fieldsOf(finishReason).raw)
    const counts = usageOf(fieldsOf(usage))
    if (unified === 'error') throw failedInStream(this.#provider, { message: 'it does not say why' }, this.#leftOut)
    // Before version 4 a stream that was cut ends for a reason that nobody gave.
    const reasonless = (unified === 'other' && raw === undefined) || unified === 'unknown' || unified === undefined
    if (unified === 'interrupted' || (reasonless && !counts)) throw cutShort(this.#provider)
    const reason = isRefusal(unified, raw) ? 'refusal' : (STOP_REASONS.get(unified) ?? 'other')
    for (const block of this.#blocks.values()) this.#complete(block)
    return [...this.#items.rest(reason), { type: 'finish', reason, ...(counts && { usage: counts }) }]
  }

  /**
   * An event that the provider's schema does not know is left out like any other; whether the response is of use without it the end
   * tells. Other errors end the response: as they came, or told by their fields.
   */
  #fail(error: unknown): ModelEvent[] {
    const { name, value } = fieldsOf(error)
    if (name === 'AI_JSONParseError') throw brokenEvent(this.#provider, error)
    if (name !== 'AI_TypeValidationError')
      throw error instanceof Error ? error : toldInStream(this.#provider, error, error)
    this.#leftOut = error
    const { type, object } = fieldsOf(value)
    return this.#unknown.warn(nameOf(type) ?? nameOf(object))
  }
}

/** The SDK has one word for a refusal and for a filter; a filter is what the provider's own word names. */
function isRefusal(unified: string | undefined, raw: string | undefined): boolean {
  return unified === 'content-filter' && (raw === undefined || raw === 'stop' || raw === 'refusal')
}

/** Counts are numbers in version 2, and objects later. */
function usageOf({ inputTokens, outputTokens, cachedInputTokens, reasoningTokens }: Fields): Usage | undefined {
  const [input, output] = [fieldsOf(inputTokens), fieldsOf(outputTokens)]
  const usage = {
    inputTokens: countOf(input.total ?? inputTokens),
    outputTokens: countOf(output.total ?? outputTokens),
    cachedTokens: countOf(input.cacheRead ?? cachedInputTokens),
    reasoningTokens: countOf(output.reasoning ?? reasoningTokens),
  }
  return usage.inputTokens + usage.outputTokens > 0 ? usage : undefined
}

function warningText(warning: unknown): string {
  const { type, message, feature, setting, details } = fieldsOf(warning)
  const about = nameOf(message) ?? nameOf(details)
  return [nameOf(feature) ?? nameOf(setting), about].filter(Boolean).join(': ') || textOf(type)
}
