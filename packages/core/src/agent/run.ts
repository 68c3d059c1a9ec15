/**
 * One run of a loop: what `AgentLoop.run` gives.
 *
 * Invariants:
 * - It starts when it is first asked for something, and goes on only when it is asked for more; until then it holds nothing.
 * - Everything that it starts is in its scope. Closing that ends it, whoever closes. From then on nothing is told; when all is gone, or
 *   was given up, the result is made, the consumer's pending `next()` settles, and the next run may begin. A tool that cancelled its own
 *   run is not waited for where code of a scope began that: it may go on for a while then, and what it returns counts for nothing.
 * - It shares nothing with another run but the conversation, to which one run at a time may add. Over, it has its result, and nothing of
 *   its loop.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import { isOakumError, OakumError } from '../errors/index.ts'
import { describeRefused } from '../scope/report.ts'
import { untilAborted } from '../scope/resources/until-aborted.ts'
import { type CloseReport, type Refusal, type Scope, ScopeCloseError } from '../scope/index.ts'
import { CallbackFailure } from './callback-failure.ts'
import { drive } from './drive.ts'
import { Handoff } from './handoff.ts'
import type { History } from './history.ts'
import type { Item } from './items.ts'
import { Journal } from './journal.ts'
import type { RunEvent, RunResult } from './run-events.ts'
import type { Settings } from './settings.ts'
import type { Toolbox } from './toolbox.ts'
import type { LoopSpan } from './spans.ts'
import { NO_USAGE, usageAttributes } from './usage.ts'

/** Milliseconds that a cancel may take before it reports what refuses to go. */
export const DEFAULT_CANCEL_DEADLINE = 10_000

/** Options of `AgentLoop.run`. */
export interface RunOptions {
  /** Sends only what this response does not know of, and chains each turn on the one before; for services that store responses. */
  readonly previousResponseId?: string
  /** Its abort cancels the run. */
  readonly signal?: AbortSignal
}

/** @throws OakumError INVALID_OPTION */
export function validateRunOptions({ previousResponseId, signal }: RunOptions): void {
  if (previousResponseId !== undefined && (typeof previousResponseId !== 'string' || previousResponseId === '')) {
    const message = `previousResponseId must be the id of a response, or be left out, not ${inspect(previousResponseId)}.`
    throw new OakumError('INVALID_OPTION', message)
  }
  if (signal === undefined || (signal !== null && typeof signal.addEventListener === 'function')) return
  throw new OakumError('INVALID_OPTION', 'signal must be an AbortSignal, as controller.signal is.')
}

/** What a run needs of its loop. */
export interface RunParts {
  readonly settings: Settings
  readonly history: History
  readonly toolbox: Toolbox
  /** The loop's. */
  readonly scope: Scope
  readonly generation: number
  readonly input: readonly Item[]
  readonly options: RunOptions
  /** Settles when the run before is over. */
  readonly before: Promise<unknown>
  /** Told of each event before the consumer is. */
  readonly told: (event: RunEvent) => void
  /** The run was cancelled, and is not over; told more than once. */
  readonly ending: (run: Run) => void
  /** The run is over. */
  readonly ended: (run: Run, result: RunResult) => void
}

export class Run implements AsyncIterable<RunEvent> {
  /** Counts the runs of a loop, from 1. */
  readonly generation: number
  /** Undefined once it is over: a run that is kept by somebody keeps no model, no callback, no conversation. */
  #parts: RunParts | undefined
  readonly #handoff = new Handoff<RunEvent>()
  readonly #result = Promise.withResolvers<RunResult>()
  #scope: Scope | undefined
  #journal: Journal | undefined
  #span: LoopSpan | undefined
  #reader: 'consumer' | 'done' | undefined
  #outcome: Pick<RunResult, 'status' | 'error'> | undefined
  #finishing: Promise<void> | undefined
  /** Calls a function as the code that began the run. */
  #outside: <T>(fn: () => T) => T = fn => fn()

  /** Made by `AgentLoop.run`. */
  constructor(parts: RunParts) {
    this.generation = parts.generation
    this.#parts = parts
  }

  /**
   * What the run came to. Never rejects: `status` and `error` tell. Where nobody iterates, this runs it; ask for it before or while you
   * iterate, not instead of it.
   */
  get done(): Promise<RunResult> {
    if (this.#reader === undefined && this.#parts !== undefined) queueMicrotask(() => void this.#runAlone())
    return this.#result.promise
  }

  /**
   * The events, each when it is asked for. To stop reading, by `break` or `return()`, cancels the run and waits until all that it held is
   * gone; it throws RESOURCE_REFUSED when something did not go. Throws the error of a run that fails; ends when it is cancelled.
   *
   * @throws OakumError RUN_ACTIVE when `done` runs it already
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<RunEvent, undefined> {
    if (this.#reader === 'done') {
      throw new OakumError('RUN_ACTIVE', 'The run is being run by its `done`: iterate first, then ask for that.')
    }
    this.#reader = 'consumer'
    return this.#iterator
  }

  /** See `AgentLoop.cancel`. Code of the run itself, such as a tool, is not waited for when it calls this. */
  async cancel(reason: unknown, timeout: number): Promise<CloseReport> {
    this.#outcome ??= { status: 'cancelled', error: reason }
    this.#parts?.ending(this)
    const scope = this.#scope
    if (scope === undefined) {
      this.#end([])
      return { released: 0, refused: [], milliseconds: 0 }
    }
    const closed = scope.close(reason, { timeout })
    const finished = this.#finish()
    try {
      return await closed
    } finally {
      if (scope.snapshot().state === 'closed') await finished
    }
  }

  readonly #iterator: AsyncIterableIterator<RunEvent, undefined> = {
    next: () => {
      this.#begin()
      return this.#handoff.next()
    },
    return: async () => {
      const { refused } = await this.cancel(undefined, DEFAULT_CANCEL_DEADLINE)
      if (refused.length === 0) return { done: true, value: undefined }
      throw new OakumError('RESOURCE_REFUSED', `Refused to go: ${describeRefused(refused)}.`, { facts: { refused } })
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }

  async #runAlone(): Promise<void> {
    if (this.#reader !== undefined) return
    this.#reader = 'done'
    try {
      while ((await this.#iterator.next()).done !== true);
    } catch {
      // The result tells.
    }
  }

  #begin(): void {
    const parts = this.#parts
    if (this.#scope !== undefined || parts === undefined) return
    const { settings, scope: loop, generation, options } = parts
    const name = `run ${generation}`
    // Before there is anything to be closed: a port may do what it likes, as cancel the run.
    const span = settings.spans.start('run', `${loop.path}/${name}`, { 'oakum.run': generation })
    if (this.#parts === undefined) {
      span.end({ 'oakum.status': 'cancelled' })
      return
    }
    this.#span = span
    let scope: Scope
    try {
      scope = loop.child(name, { closeTimeout: DEFAULT_CANCEL_DEADLINE })
    } catch (error) {
      this.#outcome ??= { status: 'cancelled', error }
      this.#end([])
      return
    }
    this.#scope = scope
    this.#outside = AsyncLocalStorage.snapshot()
    const { signal } = options
    const cancel = (): void => {
      // The result tells what came of it.
      this.cancel(signal?.reason, DEFAULT_CANCEL_DEADLINE).catch(() => {})
    }
    if (signal?.aborted === true) {
      cancel()
      return
    }
    if (signal !== undefined) scope.on(signal, 'abort', cancel)
    void scope.task('run', running => this.#drive(parts, scope, running, span)).then(() => this.#finish())
  }

  /** Never rejects. */
  async #drive(parts: RunParts, scope: Scope, signal: AbortSignal, span: LoopSpan): Promise<void> {
    const { settings, history, toolbox, scope: loop, before, input, options, told } = parts
    signal.addEventListener('abort', () => {
      this.#outcome ??= { status: 'cancelled', error: reasonOf(signal) }
      this.#handoff.shut(signal.reason)
      void this.#finish()
    })
    try {
      await untilAborted(before, signal)
      const journal = new Journal({ settings, history, handoff: this.#handoff, input, told })
      this.#journal = journal
      const { previousResponseId } = options
      await drive({ settings, toolbox, loop, scope, signal, journal, previousResponseId, span })
      this.#outcome ??= { status: 'completed', error: undefined }
    } catch (error) {
      this.#outcome ??= { status: 'failed', error: causeOf(error) }
    }
  }

  /** Closes the scope, unless that happens already, waits until all that it held is gone, and makes the result. Never rejects. */
  #finish(): Promise<void> {
    // Not as code of the run, for which a close would not wait.
    this.#finishing ??= this.#outside(() => this.#close())
    return this.#finishing
  }

  async #close(): Promise<void> {
    let refused: readonly Refusal[] = []
    try {
      const report = await this.#scope?.close()
      refused = report?.refused ?? []
    } catch (error) {
      if (error instanceof ScopeCloseError) ({ refused } = error.report)
      this.#failed(error)
    }
    try {
      this.#journal?.close()
    } catch (error) {
      this.#failed(causeOf(error))
    }
    this.#end(refused)
  }

  /** What was to be released was not: of a run that had failed before, the first error is told. */
  #failed(error: unknown): void {
    if (this.#outcome?.status !== 'failed') this.#outcome = { status: 'failed', error }
  }

  #end(refused: readonly Refusal[]): void {
    const parts = this.#parts
    if (parts === undefined) return
    this.#parts = undefined
    const { status, error } = this.#outcome ?? { status: 'cancelled', error: undefined }
    const { items = [], responseId, usage = NO_USAGE, turns = 0 } = this.#journal ?? {}
    const last = items.findLast(item => item.type === 'message' && item.role === 'assistant')
    const text = last?.type === 'message' ? last.text : ''
    const result: RunResult = { status, items, text, responseId, usage, turns, error, refused }
    if (status === 'failed') this.#span?.fail(error)
    else this.#span?.end({ 'oakum.status': status, 'oakum.turns': turns, ...usageAttributes(usage) })
    this.#handoff.end(status === 'failed' ? { error } : undefined)
    this.#journal = undefined
    this.#span = undefined
    parts.ended(this, result)
    this.#result.resolve(result)
  }
}

/** What a callback threw is told as it was thrown. */
function causeOf(error: unknown): unknown {
  return error instanceof CallbackFailure ? error.cause : error
}

/** What somebody gave as the reason of a close. */
function reasonOf({ reason }: AbortSignal): unknown {
  return isOakumError(reason, 'SCOPE_CLOSED') ? reason.cause : reason
}
