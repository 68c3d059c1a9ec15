/**
 * The loop that an agent is: a model, its tools, a conversation, and nothing left when it is cancelled.
 *
 * Invariants:
 * - One run at a time. A run owns its state; what a cancelled one left behind can do nothing to the next.
 * - `cancel` and `terminate` settle when stream, tools and processes are gone, or when the time is up: then with a report that names what
 *   refused. They await, and never race.
 * - Instances are counted in one place: `created` by the constructor, `terminated` by the end of the loop's scope, however that came.
 */
import { OakumError } from '../errors/index.ts'
import type { Agent } from '../fleet/agent.ts'
import { Scope, type CloseReport, type Release } from '../scope/index.ts'
import { validateDelay } from '../scope/options.ts'
import { untilAborted } from '../scope/resources/until-aborted.ts'
import { debugLog, withDebugCounts } from './debug.ts'
import { History } from './history.ts'
import type { Item } from './items.ts'
import { type ChildLoopOptions, Membership } from './join.ts'
import { historyItems, inputItems } from './conversation-input.ts'
import { addGiven } from './journal.ts'
import { countResources, type LoopResources } from './resources.ts'
import { DEFAULT_CANCEL_DEADLINE, Run, type RunOptions, validateRunOptions } from './run.ts'
import { type AgentLoopOptions, resolveSettings, type Settings } from './settings.ts'
import { Toolbox } from './toolbox.ts'

/** How long a cancel may take. */
export interface CancelOptions {
  /** Milliseconds; what is not gone by then is in the report. @default 10_000 */
  readonly deadline?: number
  /** Its abort ends the waiting with ABORTED, not the cancel. */
  readonly signal?: AbortSignal
}

/** Loops of this process. */
export interface LoopCounts {
  readonly created: number
  /** Neither terminated nor ended with their scope. */
  readonly active: number
  readonly terminated: number
}

const NOTHING: CloseReport = { released: 0, refused: [], milliseconds: 0 }

export class AgentLoop implements AsyncDisposable {
  static #created = 0
  static #terminated = 0

  readonly #scope: Scope
  readonly #history: History
  /** Undefined once the loop has ended: a loop that is kept by somebody keeps no client, no callback. */
  #parts: { readonly settings: Settings; readonly toolbox: Toolbox } | undefined
  /** The agent of a fleet that it is, while it is one. */
  #membership: Membership | undefined
  #run: Run | undefined
  /** Runs that were cancelled and are not over. */
  readonly #ending = new Set<Run>()
  #generation = 0

  /** Throws INVALID_OPTION; SCOPE_CLOSED when the scope it is to live in is closed. */
  constructor(options: AgentLoopOptions) {
    const settings = resolveSettings(options)
    const { name = 'agent', scope, tools = [], history = [] } = options
    const items = historyItems(history)
    this.#parts = { settings, toolbox: new Toolbox(tools) }
    this.#history = new History({ maxItems: settings.limits.historyItems, maxBytes: settings.limits.historyBytes })
    addGiven(this.#history, items)
    this.#history.trim()
    // Last: whatever throws before leaves no scope behind.
    this.#scope = scope?.child(name) ?? new Scope(name)
    AgentLoop.#created++
    this.#scope.defer(() => this.#ended())
  }

  static get counts(): LoopCounts {
    const created = AgentLoop.#created
    const terminated = AgentLoop.#terminated
    return { created, active: created - terminated, terminated }
  }

  /** The conversation, oldest first, as far as the limits let it be remembered. */
  get history(): readonly Item[] {
    return this.#history.items
  }

  /**
   * Makes a run, which starts when it is iterated, or when its `done` is asked for.
   *
   * @param input What the user says, or items to go on with; an empty list goes on with the conversation as it is.
   * @throws OakumError LOOP_TERMINATED, RUN_ACTIVE, INVALID_OPTION; STOP_REQUESTED when the agent that the loop is was asked to stop
   */
  run(input: string | readonly Item[], options: RunOptions = {}): Run {
    if (this.#parts === undefined || this.#scope.signal.aborted) throw terminatedError()
    this.#membership?.assertMayRun()
    if (this.#run !== undefined) {
      throw new OakumError('RUN_ACTIVE', 'The run before has not ended: await it, or cancel it, first.')
    }
    validateRunOptions(options)
    const items = inputItems(input, options.previousResponseId)
    if (items.length === 0 && this.#history.length === 0) {
      throw new OakumError(
        'INVALID_OPTION',
        'There is no conversation to go on with: the first input must not be empty.',
      )
    }
    const log = debugLog(this.#scope.path)
    const run = new Run({
      ...this.#parts,
      history: this.#history,
      scope: this.#scope,
      generation: ++this.#generation,
      input: items,
      options,
      before: allOver(this.#ending),
      told: event => {
        this.#membership?.told(event)
        if (log === undefined) return
        const { type, ...facts } = event
        log(type, facts)
      },
      ending: cancelled => {
        this.#ending.add(cancelled)
        if (this.#run === cancelled) this.#run = undefined
      },
      ended: (over, { status, error }) => {
        this.#ending.delete(over)
        if (this.#run === over) this.#run = undefined
        log?.('run_ended', { status, error })
      },
    })
    this.#run = run
    return run
  }

  /**
   * Cancels the run that there is; the loop can be used again at once, and a run that is made meanwhile waits for the end of this one.
   * Settles when stream, tools and processes are gone, or at the deadline. Idempotent. Code of the run itself, such as a tool, is not
   * waited for when it calls this.
   *
   * @throws ScopeCloseError when a release threw; OakumError ABORTED, INVALID_OPTION
   */
  async cancel(
    reason?: unknown,
    { deadline = DEFAULT_CANCEL_DEADLINE, signal }: CancelOptions = {},
  ): Promise<CloseReport> {
    validateDelay('deadline', deadline)
    const runs = this.#run === undefined ? [...this.#ending] : [...this.#ending, this.#run]
    if (runs.length === 0) return NOTHING
    const cancelled = this.#debugged('cancel', () => cancelAll(runs, reason, deadline))
    return untilAborted(cancelled, signal)
  }

  /**
   * Ends the loop for good: cancels, closes its sources of tools, and lets go of model, tools and callbacks. Every later run is refused.
   * Idempotent; also happens when the scope closes that the loop lives in.
   *
   * @throws ScopeCloseError when a release threw; OakumError ABORTED, INVALID_OPTION
   */
  async terminate(
    reason?: unknown,
    { deadline = DEFAULT_CANCEL_DEADLINE, signal }: CancelOptions = {},
  ): Promise<CloseReport> {
    validateDelay('deadline', deadline)
    return untilAborted(
      this.#debugged('terminate', () => this.#terminate(reason, deadline)),
      signal,
    )
  }

  async #terminate(reason: unknown, deadline: number): Promise<CloseReport> {
    // First the run, so that its result knows the reason; then all that there is, within the same time.
    const cancelled = this.#run?.cancel(reason ?? terminatedError(), deadline)
    const [, closed] = await Promise.allSettled([cancelled, this.#scope.close(reason, { timeout: deadline })])
    if (closed.status === 'rejected') throw closed.reason
    return closed.value
  }

  /**
   * Makes the loop do what becomes of an agent of a fleet. Asked to stop, it cancels its run and begins no other; fenced, it is terminated.
   * Turns, items and ended calls are told as progress. What its tools spawn by their scopes carries the agent's mark: it is found, and
   * ended, when this process dies. The agent stays the caller's, to be released after the loop has ended, unless it was registered
   * with a scope around the loop.
   *
   * Returns what parts them again; the end of the loop does so, too.
   *
   * @throws OakumError LOOP_TERMINATED; INVALID_OPTION when it is joined to an agent already; FENCED or STOP_REQUESTED when the agent's
   *   lease has ended or is to end
   */
  join(agent: Agent): Release {
    if (this.#parts === undefined || this.#scope.signal.aborted) throw terminatedError()
    if (this.#membership !== undefined) {
      throw new OakumError('INVALID_OPTION', 'The loop is joined to an agent already: release that first.')
    }
    const membership = new Membership({
      agent,
      scope: this.#scope,
      cancel: async reason => this.cancel(reason),
      terminate: async reason => this.terminate(reason),
    })
    this.#membership = membership
    return async () => {
      membership.release()
      if (this.#membership === membership) this.#membership = undefined
    }
  }

  /**
   * Makes a loop for a part of the work, as a tool does: with the scope of its call, so that the child ends with the call. Where this loop
   * is an agent of a fleet, the child is registered as a child of that agent, and its lease ends with its loop.
   *
   * @throws OakumError INVALID_OPTION, SCOPE_CLOSED; what `agent.child` throws
   */
  async child({ id, scope, register, signal, ...options }: ChildLoopOptions): Promise<AgentLoop> {
    const agent = this.#membership?.agent
    const loop = new AgentLoop({ ...options, scope, name: id })
    if (agent === undefined) return loop
    try {
      const registered = { ...register, id, scope: loop.#scope, ...(signal === undefined ? {} : { signal }) }
      loop.join(await agent.child(registered))
      return loop
    } catch (error) {
      await loop.terminate(error)
      throw error
    }
  }

  /** What the loop holds now; all zero, but the generation, when no run is under way, no source of tools is open, and it is no agent of a fleet. */
  resources(): LoopResources {
    return countResources(this.#scope.snapshot(), this.#history.unanswered().length, this.#generation)
  }

  /** Terminates; throws also when something refused to go, having no other way to tell. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminate()
    await this.#scope[Symbol.asyncDispose]()
  }

  #debugged<T>(what: 'cancel' | 'terminate', work: () => Promise<T>): Promise<T> {
    return withDebugCounts(what, this.#scope.path, () => this.resources(), work)
  }

  #ended(): void {
    AgentLoop.#terminated++
    this.#parts = undefined
    this.#membership = undefined
    this.#run = undefined
  }
}

async function allOver(runs: Iterable<Run>): Promise<void> {
  await Promise.all(Array.from(runs, run => run.done))
}

/** Cancels runs at the same time. Each is waited for, also when the release of another one throws. */
async function cancelAll(runs: readonly Run[], reason: unknown, deadline: number): Promise<CloseReport> {
  const [first, ...others] = runs
  if (first !== undefined && others.length === 0) return first.cancel(reason, deadline)
  const settled = await Promise.allSettled(runs.map(run => run.cancel(reason, deadline)))
  let whole = NOTHING
  for (const each of settled) {
    if (each.status === 'rejected') throw each.reason
    const { released, refused, milliseconds } = each.value
    whole = {
      released: whole.released + released,
      refused: [...whole.refused, ...refused],
      milliseconds: Math.max(whole.milliseconds, milliseconds),
    }
  }
  return whole
}

function terminatedError(): OakumError {
  return new OakumError('LOOP_TERMINATED', 'The agent loop was terminated: it runs nothing any more.')
}
