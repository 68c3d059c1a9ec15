import type { Scope } from '../../scope/index.ts'
import type { ToolSpec } from '../model.ts'

/** Something that a model may call. Made by `tool()`, or by a {@link ToolSource}. */
export interface Tool extends ToolSpec {
  /**
   * Whether a call may run beside others of the same turn; those that may not run by themselves, in order.
   * @default true
   */
  readonly parallel?: boolean
  /** Checks what the model passed. Nothing that fails here reaches `execute`. */
  check(args: unknown): CheckedArguments | Promise<CheckedArguments>
  /**
   * Does it, with what `check` gave. A string is told to the model as it is, anything else as JSON; what is thrown is told to it as an error.
   * Once the signal aborts it has to reject, soon: what it returns then counts for nothing.
   */
  execute(args: unknown, context: ToolContext): unknown
}

/** What a running tool gets. */
export interface ToolContext {
  /** Aborts when the run is cancelled; the same as the scope's. */
  readonly signal: AbortSignal
  /** The call's own. What it owns is gone before the call counts as answered. */
  readonly scope: Scope
  readonly callId: string
  /** Says something to people while it runs; an event of the run. */
  readonly output: (text: string) => void
}

/** Arguments as a tool takes them, or what is wrong with them, for the model to read. */
export type CheckedArguments =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string }

/** Tools that something else has, such as a server. */
export interface ToolSource {
  readonly name: string
  /**
   * Opens what has the tools, inside of the scope: when that closes, nothing of it may be left. Called by the first run that
   * wants them, and by the next run after the source was lost. When it rejects, the scope is closed as well.
   */
  open(scope: Scope, options: OpenOptions): Promise<readonly Tool[]>
}

export interface OpenOptions {
  readonly signal: AbortSignal
  /** To be called when the tools are of no use any more, as when a server died: its scope is then closed. */
  readonly onLost: (error: unknown) => void
  /** To be called when the source has other tools than before. The next run has these; one that runs keeps those it began with. */
  readonly onChanged: (tools: readonly Tool[]) => void
}
