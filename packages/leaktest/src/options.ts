import { LeaktestError } from './errors.ts'
import type { Scenario, ScenarioContext } from './scenario.ts'

/**
 * How much of each may stay per iteration. What is named here is always counted; what is not is counted where it is cheap,
 * and may not rise at all.
 */
export interface Budget {
  /** Bytes of the heap. Where it is given, objects within it may stay. @default 4 */
  readonly bytes?: number
  /** Objects that stay. @default 0, or any number where `bytes` is given */
  readonly objects?: number
  /** Open descriptors, sockets and pipes included. @default 0 */
  readonly fds?: number
  /** Listeners on all EventEmitters and EventTargets together. @default 0 */
  readonly listeners?: number
  /** Timers that keep the event loop running. @default 0 */
  readonly timers?: number
  /** Sockets and servers. @default 0 */
  readonly sockets?: number
  /** Child processes. @default 0 */
  readonly children?: number
  /** Promises. @default 0 */
  readonly promises?: number
  /** Instances, of all classes of `instances` together. @default 0 */
  readonly instances?: number
  /** Everything that keeps the event loop running: timers, sockets, watchers, workers … @default 0 */
  readonly handles?: number
}

/** Something that is known to stay, and may. */
export interface Ignored {
  /** Why it may stay; shown in the report. */
  readonly reason: string
  /**
   * Sites whose function or file contains this text, or matches this pattern: both are told as `run (/home/dev/src/loop.ts)`.
   * The class of a method is not known here: the text `AgentLoop.run`, as a report has it, stands for each `run`, and a
   * pattern has to do without the class.
   */
  readonly site?: string | RegExp
  /** A counter by its name, e.g. `fds` or `listeners`. */
  readonly counter?: string
}

/** A class whose instances are counted. */
// oxlint-disable-next-line typescript/no-explicit-any -- any class will do, whatever its constructor takes
export type AnyClass = abstract new (...values: any[]) => object

/** Milliseconds. */
export const DEFAULT_TIME = 3_000

/** Options of {@link leaktest}. */
export interface LeaktestOptions<F = unknown> {
  /** Iterations before anything is measured: caches fill, code is compiled. @default 40 */
  readonly warmup?: number
  /** Iterations that are measured at least; takes precedence over `time`. @default as many as `time` allows */
  readonly iterations?: number
  /** How long the test may take before it has to decide, in milliseconds. @default 3_000 */
  readonly time?: number
  /** How long one iteration may take before it counts as hung, in milliseconds. @default 60_000 */
  readonly timeout?: number
  readonly budget?: Budget
  /** Classes whose instances are counted. */
  readonly instances?: readonly AnyClass[]
  /** What may stay. Each entry needs a reason. */
  readonly ignore?: readonly Ignored[]
  /** A file written by `saveBaseline`: only what is worse than there is a leak. */
  readonly compareTo?: string
  /** Makes what one iteration works on. Not measured apart: what it leaves is a leak as well. */
  readonly setup?: (context: ScenarioContext) => F | PromiseLike<F>
  /** Ends what `setup` made, after each iteration, also after one that threw. */
  readonly teardown?: (fixture: F, context: ScenarioContext<F>) => unknown
  /** Whether a heap snapshot may be taken to find who holds what stayed. `auto`: only for heaps below 150 MB. @default 'auto' */
  readonly retainers?: boolean | 'auto'
  /** Seed of `context.random`; a report names the one that was used. @default a new one */
  readonly seed?: number
  /** Ends the test early; it then rejects with ABORTED. */
  readonly signal?: AbortSignal
  /** Called as the test proceeds. */
  readonly onProgress?: (progress: Progress) => void
}

/** How far a test is. */
export interface Progress {
  readonly phase: 'warm-up' | 'measure' | 'settle' | 'extend' | 'confirm'
  /** Iterations that have ended. */
  readonly iterations: number
  /** From 0 to 1, by the time that is allowed. */
  readonly share: number
}

/** A scenario with its options, as a module for `oakum leaktest` exports it. */
export interface ScenarioDefinition<F = unknown> {
  readonly scenario: Scenario<F>
  readonly options?: LeaktestOptions<F>
}

type Checked = Omit<LeaktestOptions, 'setup' | 'teardown'>

/** Throws INVALID_OPTION for what cannot work, and names it. */
export function validateOptions(name: unknown, scenario: unknown, options: Checked): void {
  if (typeof name !== 'string' || name === '') refuse('The name of a leak test has to be a text.', { name })
  if (typeof scenario !== 'function') refuse('The scenario has to be a function.', { scenario: typeof scenario })
  atLeast('iterations', options.iterations, 1)
  atLeast('warmup', options.warmup, 0)
  atLeast('time', options.time, 1)
  atLeast('timeout', options.timeout, 1)
  for (const [key, value] of Object.entries(options.budget ?? {})) atLeast(`budget.${key}`, value, 0)
  for (const entry of options.ignore ?? []) {
    if (typeof entry.reason !== 'string' || entry.reason.trim() === '')
      refuse('An entry of `ignore` needs a reason.', { ignore: entry })
    if (entry.site === undefined && entry.counter === undefined)
      refuse('An entry of `ignore` needs a `site` or a `counter`.', { ignore: entry })
  }
  for (const value of options.instances ?? [])
    if (typeof value !== 'function') refuse('`instances` has to list classes.', { instances: value })
}

function atLeast(option: string, value: unknown, least: number): void {
  if (value === undefined) return
  const whole = option === 'iterations' || option === 'warmup'
  if (typeof value === 'number' && value >= least && (!whole || Number.isInteger(value))) return
  refuse(
    `\`${option}\` has to be a ${whole ? 'whole ' : ''}number of at least ${least}, not ${JSON.stringify(value)}.`,
    {
      option,
      value,
    },
  )
}

function refuse(message: string, facts: Record<string, unknown>): never {
  throw new LeaktestError('INVALID_OPTION', message, { facts })
}
