import { inspect } from 'node:util'
import { isRegExp } from 'node:util/types'
import { LeaktestError } from './errors.ts'
import { NOUNS } from './findings.ts'
import type { Scenario, ScenarioContext } from './scenario.ts'

/**
 * How much of each may stay per iteration. What is named here is always counted; what is not is counted where it is cheap,
 * and may not rise at all.
 */
export interface Budget {
  /** Bytes of the heap. Where it is given, objects within it may stay. @default 4, for growth without a site */
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
  /** What else keeps the event loop running than timers, sockets and child processes: watchers, workers … @default 0 */
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
  /**
   * Iterations before anything is measured, at least, unless they take a fifth of `time`: caches fill, code is compiled. Up to 100
   * further ones tell how much is to be sampled.
   * @default 40
   */
  readonly warmup?: number
  /**
   * Iterations that are measured at least; takes precedence over `time`. Fewer than 24 cannot show that nothing stays.
   * @default as many as `time` allows
   */
  readonly iterations?: number
  /** How long the test may take before it has to decide, in milliseconds. @default 3_000 */
  readonly time?: number
  /**
   * How long `setup`, the scenario and `teardown` may take, each of them, before the iteration counts as hung, in milliseconds.
   * What blocks the event loop is not ended.
   * @default 60_000
   */
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
  /** From 0 to 1, by the time that is allowed, or by twice the iterations that were asked for; a clean test ends before. */
  readonly share: number
}

/** A scenario with its options, as a module for `oakum leaktest` exports it. */
export interface ScenarioDefinition<F = unknown> {
  readonly scenario: Scenario<F>
  readonly options?: LeaktestOptions<F>
}

type Check = (option: string, value: unknown) => void

const CHECKS: Readonly<Record<keyof LeaktestOptions, Check>> = {
  warmup: wholeFrom(0),
  iterations: wholeFrom(1),
  time: numberFrom(1),
  timeout: numberFrom(1),
  budget: checkBudget,
  instances: listOf(checkClass),
  ignore: listOf(checkIgnored),
  compareTo: when(isText, 'the name of a file'),
  setup: when(isFunction, 'a function'),
  teardown: when(isFunction, 'a function'),
  retainers: when(value => typeof value === 'boolean' || value === 'auto', "true, false or 'auto'"),
  seed: when(Number.isFinite, 'a number'),
  signal: when(isSignal, 'an AbortSignal'),
  onProgress: when(isFunction, 'a function'),
}

const BUDGETS: Readonly<Record<keyof Budget, Check>> = {
  bytes: numberFrom(0),
  objects: numberFrom(0),
  fds: numberFrom(0),
  listeners: numberFrom(0),
  timers: numberFrom(0),
  sockets: numberFrom(0),
  children: numberFrom(0),
  promises: numberFrom(0),
  instances: numberFrom(0),
  handles: numberFrom(0),
}

const IGNORED: Readonly<Record<keyof Ignored, Check>> = {
  reason: when(isText, 'a text'),
  site: when(value => isText(value) || isRegExp(value), 'a text or a pattern'),
  counter: when(value => isText(value) && Object.hasOwn(NOUNS, value), `one of ${Object.keys(NOUNS).join(', ')}`),
}

/** Throws INVALID_OPTION for what cannot work, and names it. */
export function validateOptions(name: unknown, scenario: unknown, options: unknown): void {
  if (!isText(name)) refuse('The name of a leak test', 'a text', name, 'name')
  if (!isFunction(scenario)) refuse('The scenario', 'a function', scenario, 'scenario')
  if (!isRecord(options)) refuse('The options', 'an object', options, 'options')
  checkAll(options, CHECKS, '')
}

function checkAll(
  values: Readonly<Record<string, unknown>>,
  checks: Readonly<Record<string, Check>>,
  path: string,
): void {
  for (const [key, value] of Object.entries(values)) {
    const check = Object.hasOwn(checks, key) ? checks[key] : undefined
    const option = `${path}${key}`
    if (check === undefined) {
      const message = `\`${option}\` is no option: there are ${Object.keys(checks).join(', ')}.`
      throw new LeaktestError('INVALID_OPTION', message, { facts: { option } })
    }
    if (value !== undefined) check(option, value)
  }
}

function checkBudget(option: string, value: unknown): void {
  if (!isRecord(value)) refuse(`\`${option}\``, 'an object', value, option)
  checkAll(value, BUDGETS, `${option}.`)
}

function checkIgnored(option: string, value: unknown): void {
  if (!isRecord(value)) refuse(`\`${option}\``, 'an object', value, option)
  checkAll(value, IGNORED, `${option}.`)
  if (value.reason === undefined) refuse(`\`${option}.reason\``, 'a text', value.reason, `${option}.reason`)
  if (value.site === undefined && value.counter === undefined) {
    refuse(`\`${option}\``, 'an object with a `site` or a `counter`', value, option)
  }
}

function checkClass(option: string, value: unknown): void {
  // An arrow function is none: V8 lists what has the prototype of a class.
  if (!isFunction(value) || !isRecord(value.prototype)) refuse(`\`${option}\``, 'a class', value, option)
}

function listOf(check: Check): Check {
  return (option, value) => {
    if (!Array.isArray(value)) refuse(`\`${option}\``, 'a list', value, option)
    value.forEach((entry: unknown, index) => check(`${option}[${index}]`, entry))
  }
}

function numberFrom(least: number): Check {
  return when(value => typeof value === 'number' && value >= least, `a number of at least ${least}`)
}

function wholeFrom(least: number): Check {
  return when(value => Number.isSafeInteger(value) && Number(value) >= least, `a whole number of at least ${least}`)
}

function when(works: (value: unknown) => boolean, wanted: string): Check {
  return (option, value) => {
    if (!works(value)) refuse(`\`${option}\``, wanted, value, option)
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function isFunction(value: unknown): value is Function {
  return typeof value === 'function'
}

/** By what it has: test frameworks may have an AbortSignal of their own. */
function isSignal(value: unknown): boolean {
  return isRecord(value) && typeof value.aborted === 'boolean' && isFunction(value.addEventListener)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(what: string, wanted: string, value: unknown, option: string): never {
  const message = `${what} has to be ${wanted}, not ${inspect(value, { depth: 0, breakLength: Infinity })}.`
  throw new LeaktestError('INVALID_OPTION', message, { facts: { option } })
}
