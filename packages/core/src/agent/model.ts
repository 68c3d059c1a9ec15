/**
 * What a model is to the loop: a function. Ports in `models/` make one of a client that the caller has, and closes.
 *
 * What a model promises:
 * - It asks for nothing before it is iterated, and makes no more than its consumer asks for: it buffers nothing of its own.
 * - Its stream ends when the signal aborts, and when the iterator's `return()` is called; nothing of it is left then.
 * - It makes each item once, whole, after the pieces of it; and ends with one `finish`. A stream that just ends was cut.
 * - What goes wrong it throws. `retry/classify.ts` says what is then tried again.
 */
import type { Item, ModelItem } from './items.ts'

/** Answers a request by a stream of events. */
export type Model = (request: ModelRequest, options: ModelOptions) => AsyncIterable<ModelEvent>

export interface ModelOptions {
  /** The request's own: nobody else listens on it, and it is aborted when the request is over, however it ended. */
  readonly signal: AbortSignal
}

export interface ModelRequest {
  readonly instructions?: string
  /** The conversation, oldest first; with `previousResponseId` only what that response does not know of. */
  readonly items: readonly Item[]
  readonly tools: readonly ToolSpec[]
  readonly previousResponseId?: string
}

/** What a model is told of a tool. */
export interface ToolSpec {
  readonly name: string
  readonly description: string
  readonly parameters: JsonSchema
}

/** A JSON Schema, of an object. */
export type JsonSchema = Readonly<Record<string, unknown>>

export type ModelEvent =
  /** The service's id of this response; as soon as it is known. */
  | { readonly type: 'response'; readonly id: string }
  /** The next piece of the message, or of the reasoning, that is being made. */
  | { readonly type: 'text' | 'reasoning'; readonly text: string }
  | { readonly type: 'item'; readonly item: ModelItem }
  /** Something that the port did not understand, and left out. */
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'finish'; readonly reason: StopReason; readonly usage?: Usage }

/** Why a model stopped. `other` is what its port does not know. */
export type StopReason = 'stop' | 'tool_calls' | 'length' | 'refusal' | 'content_filter' | 'other'

/** Tokens. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  /** Of the input, what was read from a cache. */
  readonly cachedTokens: number
  /** Of the output, what was reasoning. */
  readonly reasoningTokens: number
}
