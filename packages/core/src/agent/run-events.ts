import type { Refusal } from '../scope/index.ts'
import type { Item, ToolCallItem, ToolStatus } from './items.ts'
import type { StopReason, Usage } from './model.ts'

/** What a run tells of itself, in the order in which it happens. */
export type RunEvent =
  | { readonly type: 'turn_started'; readonly turn: number }
  | { readonly type: 'response'; readonly id: string }
  /** A piece of what is being said or thought. The whole comes as an item. */
  | { readonly type: 'text' | 'reasoning'; readonly text: string }
  /** Each exactly once. Results come in the order of their calls. */
  | { readonly type: 'item'; readonly item: Item }
  /** `arguments`: what the tool is run with, as it checked them, and as the approval edited them. */
  | { readonly type: 'tool_started'; readonly call: ToolCallItem; readonly arguments: unknown }
  /**
   * Something that a running tool says to people; the model sees none of it. What has more than 64 Ki characters comes as several.
   * `dropped`: so many of these events before it were lost, because nobody read.
   */
  | { readonly type: 'tool_output'; readonly callId: string; readonly text: string; readonly dropped: number }
  | {
      readonly type: 'tool_finished'
      readonly name: string
      readonly callId: string
      readonly status: ToolStatus
      readonly milliseconds: number
    }
  /** The request failed, and is made again after `wait` milliseconds. */
  | { readonly type: 'retry'; readonly retry: number; readonly wait: number; readonly error: unknown }
  | { readonly type: 'warning'; readonly message: string }
  /** The oldest items were forgotten, to keep within the limits. */
  | { readonly type: 'history_trimmed'; readonly items: number; readonly bytes: number }
  | { readonly type: 'turn_finished'; readonly turn: number; readonly reason: StopReason; readonly usage: Usage }

export type RunStatus = 'completed' | 'cancelled' | 'failed'

/** What a run came to. */
export interface RunResult {
  readonly status: RunStatus
  /**
   * What the run added to the conversation, its input left out, as far as the limits let it be remembered. What a cancel cut short is
   * there, marked as partial.
   */
  readonly items: readonly Item[]
  /** What was said last. */
  readonly text: string
  /** Of the last response that came to its end. */
  readonly responseId: string | undefined
  /** Of all responses that came to their end; services do not tell it of others. */
  readonly usage: Usage
  readonly turns: number
  /** Why it failed, or what `cancel` was given. */
  readonly error: unknown
  /** What was told to end, and had not when the time was up. It can do nothing to the loop any more. */
  readonly refused: readonly Refusal[]
}
