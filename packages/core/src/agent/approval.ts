import type { ToolCallItem } from './items.ts'

/** What becomes of a call. */
export type Approval =
  | 'allow'
  /** The model is told the reason. */
  | { readonly deny: string }
  /** It is run with other arguments, which are checked like the model's own. */
  | { readonly edit: unknown }

/**
 * Asked before each call, in the order of the calls and one at a time, with arguments that the tool would take. What it throws denies
 * the call. The signal aborts when the run is cancelled; the answer counts for nothing then.
 */
export type Approve = (
  call: ToolCallItem,
  options: { readonly signal: AbortSignal; readonly arguments: unknown },
) => Approval | Promise<Approval>
