/**
 * Runs the iterations.
 *
 * Invariants: nothing is made per iteration that a scenario could hold, since the context is one object; an iteration that
 * hangs is ended by a watch that costs nothing per iteration; the event loop turns every few milliseconds, so that clean-up
 * which a scenario leaves to a later turn can run.
 */
import { collect, heapShare, now, ownTime, turn } from './engine.ts'
import { LeaktestError } from './errors.ts'
import type { LeaktestOptions } from './options.ts'
import { randomFrom } from './random.ts'
import type { Scenario, ScenarioContext } from './scenario.ts'

/** Milliseconds after which the event loop gets a turn. */
const TURN_EVERY = 2
/** Milliseconds between looks at how full the heap is. */
const LOOK_EVERY = 10
/** The part of the heap's limit above which a test stops before the process dies. */
const FULL = 0.7

/** Runs iterations; what a trial needs to know of them. */
export interface Runner {
  /** Iterations that have ended. */
  readonly count: number
  /** Whether the heap is so full that a test has to stop. */
  readonly full: boolean
  /** Runs so many more, or until the time of `ownTime()`, or until the heap is full. */
  run(count: number, until?: number): Promise<void>
  /** Throws ABORTED when the caller has aborted. */
  throwIfAborted(): void
}

type MutableContext<F> = { -readonly [K in keyof ScenarioContext<F>]: ScenarioContext<F>[K] }

export class Iterations<F> implements Runner {
  readonly #scenario: Scenario<F>
  readonly #setup: LeaktestOptions<F>['setup']
  readonly #teardown: LeaktestOptions<F>['teardown']
  readonly #context: MutableContext<F>
  readonly #controller = new AbortController()
  readonly #timeout: number
  readonly #watch: NodeJS.Timeout
  readonly #callerSignal: AbortSignal | undefined
  /** When the iteration began that is waited for; 0 when none is. */
  #waitingSince = 0
  #giveUp: ((error: LeaktestError) => void) | undefined
  #lastTurn = 0
  #lastLook = 0
  full = false

  constructor(scenario: Scenario<F>, options: LeaktestOptions<F>, seed: number) {
    this.#scenario = scenario
    this.#setup = options.setup
    this.#teardown = options.teardown
    this.#timeout = options.timeout ?? 60_000
    this.#callerSignal = options.signal
    this.#context = {
      iteration: 0,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without `setup` there is none, and F is undefined
      fixture: undefined as F,
      signal: this.#controller.signal,
      random: randomFrom(seed),
    }
    this.#callerSignal?.addEventListener('abort', this.#onAbort)
    this.#watch = setInterval(() => this.#look(), Math.min(1_000, this.#timeout / 4))
  }

  get count(): number {
    return this.#context.iteration
  }

  async run(count: number, until: number = Infinity): Promise<void> {
    const context = this.#context
    // Own time is never ahead of the clock, so that it need not be asked before.
    let askAfter = now() + until - ownTime()
    for (let left = count; left > 0 && !this.full; left--) {
      this.throwIfAborted()
      let result: unknown
      let isSetUp = false
      try {
        if (this.#setup !== undefined) {
          const made = this.#setup(context)
          context.fixture = isThenable(made) ? await this.#bounded(made) : made
        }
        isSetUp = true
        result = this.#scenario(context)
        if (isThenable(result)) await this.#bounded(result)
      } catch (error) {
        if (isSetUp) await this.#tearDown(true)
        throw this.#explain(error)
      }
      if (this.#teardown !== undefined) await this.#tearDown(false)
      context.iteration++
      const time = now()
      if (time - this.#lastTurn > TURN_EVERY) {
        await turn()
        this.#lastTurn = now()
        if (time - this.#lastLook > LOOK_EVERY) this.#lookAtHeap(time)
        if (time > askAfter) {
          const own = ownTime()
          if (own > until) return
          askAfter = now() + until - own
        }
      }
    }
  }

  close(): void {
    clearInterval(this.#watch)
    this.#callerSignal?.removeEventListener('abort', this.#onAbort)
    if (!this.#controller.signal.aborted) this.#controller.abort()
  }

  readonly #onAbort = (): void => {
    this.#controller.abort(this.#callerSignal?.reason)
    this.#giveUp?.(this.#aborted())
  }

  #aborted(): LeaktestError {
    return new LeaktestError('ABORTED', 'The leak test was aborted.', { cause: this.#callerSignal?.reason })
  }

  throwIfAborted(): void {
    if (this.#callerSignal?.aborted === true) throw this.#aborted()
  }

  /** Waits for it, but no longer than an iteration may take. */
  async #bounded<T>(work: PromiseLike<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>()
    this.#waitingSince = now()
    this.#giveUp = reject
    try {
      // The loser settles with this iteration or never; it is one promise, which nothing else holds.
      return await Promise.race([work, promise])
    } finally {
      this.#waitingSince = 0
      this.#giveUp = undefined
    }
  }

  async #tearDown(failed: boolean): Promise<void> {
    if (this.#teardown === undefined) return
    try {
      const result = this.#teardown(this.#context.fixture, this.#context)
      if (isThenable(result)) await this.#bounded(result)
    } catch (error) {
      // What the scenario threw says more than what its clean-up threw after that.
      if (!failed) throw this.#explain(error)
    }
  }

  #explain(error: unknown): unknown {
    if (error instanceof LeaktestError) return error
    const iteration = this.#context.iteration
    const text = error instanceof Error ? error.message : String(error)
    return new LeaktestError('SCENARIO_FAILED', `The scenario threw in iteration ${iteration}: ${text}`, {
      cause: error,
      facts: { iteration },
    })
  }

  #look(): void {
    if (this.#waitingSince === 0 || now() - this.#waitingSince < this.#timeout) return
    const iteration = this.#context.iteration
    this.#waitingSince = 0
    const message = `Iteration ${iteration} did not settle within ${this.#timeout} ms.`
    const error = new LeaktestError('SCENARIO_TIMEOUT', message, { facts: { iteration, timeout: this.#timeout } })
    this.#controller.abort(error)
    this.#giveUp?.(error)
  }

  #lookAtHeap(time: number): void {
    this.#lastLook = time
    if (heapShare() < FULL) return
    collect()
    this.full = heapShare() >= FULL
  }
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
