import type { ModelItem, ToolCallItem } from '../items.ts'
import type { ModelEvent, StopReason, Usage } from '../model.ts'
import type { CallIds } from './call-ids.ts'
import { ReasoningDetails } from './chat-reasoning-details.ts'
import { OPENAI_CHAT } from './openai-chat-messages.ts'
import { countOf, elementsOf, fieldsOf, nameOf, textOf } from './reading.ts'
import { cutShort, failedInStream } from './stream-errors.ts'
import { toldInStream, type EventReader } from './streaming-model.ts'
import { argumentsJson, cutCall, mayCutCalls } from './tool-arguments.ts'
import { UnknownEvents } from './unknown-events.ts'

/** A chunk of the service's; its fields are looked at one by one, and believed in none. */
export interface ChatChunk {
  readonly object: string
}

/** What is being said or thought. */
interface Saying {
  /** The field of the deltas that it comes in. */
  readonly field: string
  readonly pieces: string[]
}

interface Calling {
  id: string | undefined
  name: string
  readonly pieces: string[]
  /** What goes back with it; Gemini refuses its calls without their signatures, which it sends there. */
  extra: Fields | undefined
}

const THOUGHT_FIELDS = ['reasoning_content', 'reasoning']

const STOP_REASONS: ReadonlyMap<unknown, StopReason> = new Map<unknown, StopReason>([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['content_filter', 'content_filter'],
])

/** Reasons of gateways and others by which a response has failed, though they send no error. */
const FAILURES: ReadonlySet<unknown> = new Set(['error', 'insufficient_system_resource'])

/**
 * Reads one response. What is said is an item as soon as something else is said; calls are items at the end, as their pieces may come in
 * any order. The usage comes behind the reason to stop, if it comes, so that only the end of the stream ends the response.
 */
export class ChatReader implements EventReader<ChatChunk> {
  readonly #callIds: CallIds
  readonly #unknown = new UnknownEvents()
  readonly #details = new ReasoningDetails()
  #begun = false
  #saying: Saying | undefined
  #refused = false
  readonly #calls: Calling[] = []
  /** The last call of each index. */
  readonly #byIndex = new Map<number, Calling>()
  #finished: string | undefined
  #usage: Usage | undefined

  constructor(callIds: CallIds) {
    this.#callIds = callIds
  }

  read(chunk: ChatChunk): readonly ModelEvent[] {
    const { id, object, choices, usage, error } = fieldsOf(chunk)
    if (error !== undefined && error !== null) throw toldInStream('the chat service', error)
    if (!Array.isArray(choices) && typeof usage !== 'object') return this.#unknown.warn(nameOf(object))
    const made: ModelEvent[] = []
    if (!this.#begun && nameOf(id) !== undefined) {
      this.#begun = true
      made.push({ type: 'response', id: textOf(id) })
    }
    if (typeof usage === 'object' && usage !== null) this.#usage = usageOf(usage)
    // More choices than one are nobody's wish here.
    const choice = fieldsOf(elementsOf(choices).find(isFirstChoice))
    const delta = fieldsOf(choice.delta)
    // Some send each thought twice, for readers of either name.
    const thought = THOUGHT_FIELDS.find(field => nameOf(delta[field]) !== undefined)
    if (thought !== undefined) this.#say(thought, textOf(delta[thought]), made)
    if (Array.isArray(delta.content)) this.#parts(delta.content, made)
    else this.#say('content', textOf(delta.content), made)
    this.#say('refusal', textOf(delta.refusal), made)
    if (delta.reasoning_details !== undefined) this.#details.add(delta.reasoning_details)
    for (const call of elementsOf(delta.tool_calls)) this.#call(fieldsOf(call))
    // Some send an empty one with each chunk.
    this.#finished = nameOf(choice.finish_reason) ?? this.#finished
    return made
  }

  end(): readonly ModelEvent[] {
    if (this.#finished === undefined) throw cutShort('the chat service')
    if (FAILURES.has(this.#finished)) {
      const message = `it ended the response for the reason ${this.#finished}`
      throw failedInStream('the chat service', { message, code: this.#finished, retryable: true }, undefined)
    }
    const made: ModelEvent[] = []
    this.#said(made)
    const details = this.#details.item()
    if (details !== undefined) made.push({ type: 'item', item: details })
    const reason = this.#reason()
    for (const calling of this.#calls) {
      const item = this.#itemOf(calling)
      const cut = mayCutCalls(reason) && calling === this.#calls.at(-1)
      made.push({ type: 'item', item: cut ? cutCall(item) : item })
    }
    made.push({ type: 'finish', reason, ...(this.#usage && { usage: this.#usage }) })
    return made
  }

  /** Content as some services send it. */
  #parts(parts: readonly unknown[], made: ModelEvent[]): void {
    for (const part of parts.map(fieldsOf)) {
      if (part.type === 'text') this.#say('content', textOf(part.text), made)
      else made.push(...this.#unknown.warn(`content part (${textOf(part.type)})`))
    }
  }

  #say(field: string, text: string, made: ModelEvent[]): void {
    if (text === '') return
    if (this.#saying?.field !== field) {
      this.#said(made)
      this.#saying = { field, pieces: [] }
    }
    this.#saying.pieces.push(text)
    made.push({ type: isThought(field) ? 'reasoning' : 'text', text })
  }

  /** Makes the item of what was being said, if anything was. */
  #said(made: ModelEvent[]): void {
    if (this.#saying === undefined) return
    const { field, pieces } = this.#saying
    this.#saying = undefined
    this.#refused ||= field === 'refusal'
    made.push({ type: 'item', item: itemOf(field, pieces.join('')) })
  }

  #call({ index, id, function: called, extra_content: extra }: Fields): void {
    const { name, arguments: args } = fieldsOf(called)
    const piece = typeof args === 'object' && args !== null ? JSON.stringify(args) : textOf(args)
    const next = { id: nameOf(id), name: textOf(name), piece }
    let call = typeof index === 'number' ? this.#byIndex.get(index) : this.#calls.at(-1)
    const isOver = call && (typeof index === 'number' ? isFollowed(call, next) : hasOtherId(call, next))
    if (call === undefined || isOver) {
      this.#calls.push((call = { id: undefined, name: '', pieces: [], extra: undefined }))
      if (typeof index === 'number') this.#byIndex.set(index, call)
    }
    call.id ??= next.id
    call.name ||= next.name
    call.extra ??= typeof extra === 'object' && extra !== null ? fieldsOf(extra) : undefined
    if (piece !== '') call.pieces.push(piece)
  }

  #itemOf({ id, name, pieces, extra }: Calling): ToolCallItem {
    const call: ToolCallItem = { type: 'tool_call', callId: this.#callIds.take(id), name, arguments: pieces.join('') }
    return extra === undefined ? call : { ...call, raw: { port: OPENAI_CHAT, value: { extra_content: extra } } }
  }

  #reason(): StopReason {
    const reason = STOP_REASONS.get(this.#finished) ?? 'other'
    if (reason !== 'stop') return reason
    if (this.#refused) return 'refusal'
    return this.#calls.length > 0 ? 'tool_calls' : 'stop'
  }
}

type Fields = Readonly<Record<string, unknown>>

function isFirstChoice(choice: unknown): boolean {
  return countOf(fieldsOf(choice).index) === 0
}

/** What comes of a call: its id and name, most often with the first piece only. */
interface CallDelta {
  readonly id: string | undefined
  readonly name: string
  readonly piece: string
}

/** Some services leave out the index: then a new id begins a new call. */
function hasOtherId(call: Calling, { id }: CallDelta): boolean {
  return id !== undefined && id !== call.id
}

/** Some give all calls of a response one index: then a name, with arguments, begins a new call when those of the last one are whole. */
function isFollowed(call: Calling, next: CallDelta): boolean {
  if (next.name === '' || next.piece.trim() === '' || (next.id !== undefined && next.id === call.id)) return false
  return call.pieces.at(-1)?.trimEnd().endsWith('}') === true && isWhole(call.pieces.join(''))
}

function isWhole(args: string): boolean {
  return argumentsJson(args) === args
}

function isThought(field: string): boolean {
  return THOUGHT_FIELDS.includes(field)
}

function itemOf(field: string, text: string): ModelItem {
  if (isThought(field)) return { type: 'reasoning', text, raw: { port: OPENAI_CHAT, value: field } }
  const message: ModelItem = { type: 'message', role: 'assistant', text }
  return field === 'refusal' ? { ...message, refusal: true } : message
}

function usageOf(value: unknown): Usage {
  const usage = fieldsOf(value)
  return {
    inputTokens: countOf(usage.prompt_tokens),
    outputTokens: countOf(usage.completion_tokens),
    cachedTokens: countOf(fieldsOf(usage.prompt_tokens_details).cached_tokens),
    reasoningTokens: countOf(fieldsOf(usage.completion_tokens_details).reasoning_tokens),
  }
}
