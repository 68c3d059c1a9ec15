/**
 * What a conversation is made of. Items are plain values, and none is changed once it is made.
 *
 * A call and its result belong together: services refuse a conversation in which one has no other. `History` keeps them so.
 */

/** Something that a model said, was told, or did. */
export type Item = MessageItem | ReasoningItem | ToolCallItem | ToolResultItem

/** What a model makes. */
export type ModelItem = MessageItem | ReasoningItem | ToolCallItem

interface Made {
  /** The service's own id, where it gave one. */
  readonly id?: string
  /** What the model port needs to send the item again as it was; nobody else's business. */
  readonly raw?: Raw
}

/** A service's own form of an item; used by the port that made it alone, all others send the plain fields. */
export interface Raw {
  /** The port's name, as `openai.responses`. */
  readonly port: string
  readonly value: unknown
}

export interface MessageItem extends Made {
  readonly type: 'message'
  readonly role: 'user' | 'assistant' | 'system'
  readonly text: string
  /** The model refuses; `text` says why. */
  readonly refusal?: true
  /** What there was when the stream ended early: a cancel, or an error. */
  readonly partial?: true
}

/** What a model thought, as far as its service tells. */
export interface ReasoningItem extends Made {
  readonly type: 'reasoning'
  readonly text: string
  readonly partial?: true
}

export interface ToolCallItem extends Made {
  readonly type: 'tool_call'
  /** Ties the call to its result; no two of a conversation are the same. */
  readonly callId: string
  readonly name: string
  /** As the model wrote them: JSON, if all went well. */
  readonly arguments: string
}

/** How a call ended. All but `ok` are told to the model as what they are. */
export type ToolStatus = 'ok' | 'error' | 'denied' | 'aborted'

export interface ToolResultItem {
  readonly type: 'tool_result'
  readonly callId: string
  readonly name: string
  readonly status: ToolStatus
  /** What the model is told. */
  readonly output: string
}
