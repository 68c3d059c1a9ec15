import { inspect } from 'node:util'
import { OakumError, throwIfAborted } from '../../errors/index.ts'
import type { Scope } from '../../scope/index.ts'
import type { Approval, Approve } from '../approval.ts'
import type { ToolCallItem, ToolResultItem } from '../items.ts'
import { answerText, errorText } from '../tools/answer-text.ts'
import { capText } from '../tools/capped-output.ts'
import { checkArguments } from '../tools/parse-arguments.ts'
import { inSpan, type LoopSpan } from '../spans.ts'
import type { Tool } from '../tools/tool.ts'
import { ownedWork } from './owned-work.ts'

/** Bytes that the model is told of arguments that were edited. */
const EDITED_BYTES = 4_096

/** What answering one call needs. */
export interface CallOptions {
  readonly tools: ReadonlyMap<string, Tool>
  /** The run's; the call gets a scope below it. */
  readonly scope: Scope
  readonly signal: AbortSignal
  readonly approve: Approve | undefined
  /** The turn's. */
  readonly span: LoopSpan
  /** Bytes. */
  readonly maxResult: number
  readonly output: (text: string) => void
  /** Told of what did not go as it should and is no business of the model. */
  readonly warn: (message: string) => void
  /** The tool is about to be run, with these arguments. */
  readonly started: (args: unknown) => void
}

/**
 * Answers a call. What the model or the tool did wrong is an answer, too.
 *
 * @throws OakumError what the signal was aborted with; the call is then not answered, whatever the tool did.
 */
export async function answerCall(call: ToolCallItem, options: CallOptions): Promise<ToolResultItem> {
  const { callId, name } = call
  const { signal, maxResult } = options
  try {
    const { status, output } = await answer(call, options)
    throwIfAborted(signal)
    return { type: 'tool_result', callId, name, status, output }
  } catch (error) {
    throwIfAborted(signal)
    return { type: 'tool_result', callId, name, status: 'error', output: errorText(error, { maxBytes: maxResult }) }
  }
}

type Answer = Pick<ToolResultItem, 'status' | 'output'>

async function answer(call: ToolCallItem, options: CallOptions): Promise<Answer> {
  const { tools, scope, signal, maxResult } = options
  const tool = tools.get(call.name)
  if (tool === undefined) return { status: 'error', output: unknownTool(call.name, tools) }
  const checked = await ownedWork(scope, 'check', () => checkArguments(tool, call.arguments), signal)
  if (!checked.ok) return { status: 'error', output: `The arguments are not right: ${checked.problem}` }
  let { value: args } = checked
  const approval = await askApproval(call, args, options)
  if (approval !== 'allow' && 'deny' in approval) {
    return { status: 'denied', output: `The call was denied: ${approval.deny}` }
  }
  if (approval !== 'allow') {
    const edited = await ownedWork(scope, 'check', () => tool.check(approval.edit), signal)
    if (!edited.ok) return { status: 'error', output: `The arguments, as edited, are not right: ${edited.problem}` }
    args = edited.value
  }
  // Before the call is run: nothing about the note may cost its result, and what `execute` does to its arguments is not what it was given.
  const note = approval === 'allow' ? '' : `${editedNote(approval.edit)}\n`
  options.started(args)
  const value = await execute(tool, args, call, options)
  throwIfAborted(signal)
  return { status: 'ok', output: note + answerText(value, { maxBytes: maxResult }) }
}

/** The model finds its own arguments in the conversation, and would take the result for theirs. */
function editedNote(args: unknown): string {
  return `The call was run with other arguments: ${argumentsText(args)}`
}

/** What a validator makes of arguments, as BigInts, need not be JSON; an approval may give that back. */
function argumentsText(args: unknown): string {
  try {
    return answerText(args, { maxBytes: EDITED_BYTES })
  } catch {
    return capText(inspect(args, { depth: 4, customInspect: false }), EDITED_BYTES)
  }
}

async function execute(tool: Tool, args: unknown, call: ToolCallItem, options: CallOptions): Promise<unknown> {
  const { callId, name } = call
  const scope = options.scope.child(`tool ${name}`)
  const { signal } = scope
  const context = { signal, scope, callId, output: (text: string) => options.output(text) }
  try {
    const span = options.span.start('tool', name, { 'gen_ai.tool.name': name, 'gen_ai.tool.call.id': callId })
    const work = async (): Promise<unknown> =>
      ownedWork(scope, 'execute', () => tool.execute(args, context), options.signal)
    return await inSpan(span, options.signal, work)
  } finally {
    await close(scope, name, options)
  }
}

/** All that the call started is gone before it counts as answered. */
async function close(scope: Scope, name: string, { signal, warn }: CallOptions): Promise<void> {
  // A run that ends closes it, and tells what refused.
  if (signal.aborted) return
  try {
    const { refused } = await scope.close()
    for (const { kind, name: what } of refused) warn(`The tool ${name} left something behind: ${kind} ${what}`)
  } catch (error) {
    warn(`Something that the tool ${name} started could not be released: ${errorText(error, { maxBytes: 1_024 })}`)
  }
}

async function askApproval(
  call: ToolCallItem,
  args: unknown,
  { approve, scope, signal }: CallOptions,
): Promise<Approval> {
  if (approve === undefined) return 'allow'
  try {
    const approval = await ownedWork(scope, 'approve', () => approve(call, { signal, arguments: args }), signal)
    if (isApproval(approval)) return approval
    const answered = inspect(approval, { depth: 0 })
    throw new OakumError('INVALID_OPTION', `approve must answer 'allow', { deny } or { edit }, not ${answered}.`)
  } catch (error) {
    throwIfAborted(signal)
    return { deny: `it could not be approved: ${errorText(error, { maxBytes: 1_024 })}` }
  }
}

/** Who has no types may answer anything; whatever is not plainly a yes must not run the call. */
function isApproval(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return given === 'allow'
  return 'deny' in given ? typeof given.deny === 'string' : 'edit' in given
}

function unknownTool(name: string, tools: ReadonlyMap<string, Tool>): string {
  const names = [...tools.keys()]
  const there = names.length === 0 ? 'There are none.' : `There are: ${names.slice(0, 100).join(', ')}.`
  return `There is no tool of the name ${JSON.stringify(name.slice(0, 100))}. ${there}`
}
