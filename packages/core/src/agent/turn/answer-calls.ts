/**
 * Answers the calls of one turn.
 *
 * Invariants:
 * - Calls run side by side, so many at a time, unless a tool wants to run by itself. They are approved one at a time, and start, in order.
 * - Results are told in the order of the calls, each as soon as those before it are there.
 * - After an abort nothing is told any more; what had been answered by then is in `answered`.
 */
import { aborted } from '../../errors/index.ts'
import type { Scope } from '../../scope/index.ts'
import type { Approve } from '../approval.ts'
import type { ToolCallItem, ToolResultItem } from '../items.ts'
import type { Limits } from '../limits.ts'
import type { RunEvent } from '../run-events.ts'
import type { LoopSpan } from '../spans.ts'
import type { Tool } from '../tools/tool.ts'
import { answerCall } from './answer-call.ts'
import { Inbox } from './inbox.ts'

export interface CallsOptions {
  readonly tools: ReadonlyMap<string, Tool>
  /** The run's. */
  readonly scope: Scope
  readonly signal: AbortSignal
  readonly approve: Approve | undefined
  readonly limits: Limits
  /** The turn's. */
  readonly span: LoopSpan
  /** Gets each result when it is there; in whichever order. */
  readonly answered: Map<ToolCallItem, ToolResultItem>
  readonly emit: (event: RunEvent) => Promise<void>
}

export async function answerCalls(calls: readonly ToolCallItem[], options: CallsOptions): Promise<void> {
  for (const group of groups(calls, options.tools)) await answerGroup(group, options)
}

/** Calls that may run side by side. */
function groups(calls: readonly ToolCallItem[], tools: ReadonlyMap<string, Tool>): ToolCallItem[][] {
  const found: ToolCallItem[][] = []
  let open: ToolCallItem[] | undefined
  for (const call of calls) {
    const alone = tools.get(call.name)?.parallel === false
    if (alone || open === undefined) found.push((open = [call]))
    else open.push(call)
    if (alone) open = undefined
  }
  return found
}

async function answerGroup(calls: readonly ToolCallItem[], options: CallsOptions): Promise<void> {
  const { scope, signal, limits, answered, emit } = options
  const inbox = new Inbox(limits.queuedEvents)
  const slots = new Slots(limits.parallelCalls)
  let told = 0
  const results: (ToolResultItem | undefined)[] = []
  const finished = (index: number, result: ToolResultItem): void => {
    results[index] = result
    for (let next = results[told]; next !== undefined; next = results[++told]) inbox.push({ type: 'item', item: next })
  }
  let approved: Promise<void> = Promise.resolve()
  for (const [index, call] of calls.entries()) {
    const { promise: mayStart, resolve: started } = Promise.withResolvers<void>()
    const before = approved
    approved = mayStart
    const work = scope.task(`call ${call.name}`, async (): Promise<void> => {
      await before
      await slots.take()
      const begun = performance.now()
      try {
        const result = await answerCall(call, {
          ...options,
          // Without a limit it is Infinity, which is no number of bytes.
          maxResult: Math.min(limits.resultBytes, Number.MAX_SAFE_INTEGER),
          output: text => inbox.output(call.callId, text),
          warn: message => inbox.push({ type: 'warning', message }),
          started: args => {
            inbox.push({ type: 'tool_started', call, arguments: args })
            started()
          },
        })
        answered.set(call, result)
        const milliseconds = performance.now() - begun
        const { callId, name, status } = result
        inbox.push({ type: 'tool_finished', callId, name, status, milliseconds })
        finished(index, result)
      } finally {
        started()
        slots.giveBack()
      }
    })
    // It fails by the abort alone, of which the loop below hears by itself.
    work.catch(() => {})
  }
  for (let left = calls.length; left > 0;) {
    const event = await inbox.take(signal)
    if (event === undefined) throw aborted(signal)
    if (event.type === 'item') left--
    await emit(event)
  }
}

/** Lets so many in at a time, first come, first served. */
class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(free: number) {
    this.#free = free
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  giveBack(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
