import { inspect } from 'node:util'
import { OakumError } from '../errors/index.ts'
import type { Scope } from '../scope/index.ts'
import type { Approve } from './approval.ts'
import type { Item } from './items.ts'
import { type Limits, resolveLimits } from './limits.ts'
import type { Model } from './model.ts'
import { resolveRetryOptions, type RetryOptions, type RetrySettings } from './retry/options.ts'
import { shieldSpans, type LoopSpan, type SpanPort } from './spans.ts'
import type { Tool, ToolSource } from './tools/tool.ts'

/** Options of an `AgentLoop`. */
export interface AgentLoopOptions {
  readonly model: Model
  /** What the model may call. @default [] */
  readonly tools?: readonly (Tool | ToolSource)[]
  readonly instructions?: string
  /** Names the loop in reports. @default 'agent' */
  readonly name?: string
  /** Whose child the loop's scope is: when it closes, the loop is terminated. @default none */
  readonly scope?: Scope
  /** Asked before each call. @default all are allowed */
  readonly approve?: Approve
  readonly retry?: RetryOptions
  readonly limits?: Partial<Limits>
  /** The conversation so far; calls in it that have no result are answered as aborted. @default [] */
  readonly history?: readonly Item[]
  /** Told how long runs, turns, requests and tools take. An error of its own is told once, as a warning of the process. */
  readonly trace?: SpanPort
  /** Told of each item that a run makes, once, in order. What it throws fails the run; what it returns is not waited for. */
  readonly onItem?: (item: Item) => void
  /** Told when a request begins to wait for the model, and when it has ended. */
  readonly onLoading?: (loading: boolean) => void
  /** Told of each response that has come to its end. */
  readonly onResponseId?: (id: string) => void
}

/** Options with nothing left open. */
export interface Settings extends Pick<
  AgentLoopOptions,
  'model' | 'instructions' | 'approve' | 'onItem' | 'onLoading' | 'onResponseId'
> {
  readonly retry: RetrySettings
  readonly limits: Limits
  readonly spans: Pick<LoopSpan, 'start'>
}

/** Throws INVALID_OPTION. */
export function resolveSettings(options: AgentLoopOptions): Settings {
  const { model, instructions, approve, onItem, onLoading, onResponseId, trace, scope, retry, limits } = options
  if (typeof model !== 'function') {
    throw new OakumError('INVALID_OPTION', 'model must be a function, as openaiResponses(client) and its like return.')
  }
  check('instructions', 'a string', instructions, typeof instructions === 'string')
  check('scope', 'a Scope', scope, typeof scope?.child === 'function')
  for (const [name, group] of Object.entries({ retry, limits })) {
    check(name, 'an object', group, typeof group === 'object' && group !== null)
  }
  for (const [name, callback] of Object.entries({ approve, onItem, onLoading, onResponseId })) {
    check(name, 'a function', callback, typeof callback === 'function')
  }
  check('trace', 'a port for spans, with a method start', trace, typeof trace?.start === 'function')
  return {
    model,
    ...(instructions === undefined ? {} : { instructions }),
    ...(approve === undefined ? {} : { approve }),
    ...(onItem === undefined ? {} : { onItem }),
    ...(onLoading === undefined ? {} : { onLoading }),
    ...(onResponseId === undefined ? {} : { onResponseId }),
    retry: resolveRetryOptions(retry),
    limits: resolveLimits(limits),
    spans: shieldSpans(trace, warnOfSpans),
  }
}

function check(option: string, expected: string, value: unknown, fine: boolean): void {
  if (value === undefined || fine) return
  throw new OakumError('INVALID_OPTION', `${option} must be ${expected}, not ${inspect(value, { depth: 0 })}.`)
}

function warnOfSpans(error: unknown): void {
  process.emitWarning(`The port for spans failed: ${inspect(error, { depth: 2 })}`, { code: 'OAKUM_SPANS' })
}
