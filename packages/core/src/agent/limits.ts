import { inspect } from 'node:util'
import { OakumError } from '../errors/index.ts'

/** What bounds a loop. Each is a whole number of at least 1; `Infinity` is one, for who wants none. */
export interface Limits {
  /** Turns of one run; a run that wants more fails with TURN_LIMIT. @default 100 */
  readonly turns: number
  /** Items of the conversation that are remembered; the oldest are forgotten. @default 2_000 */
  readonly historyItems: number
  /** Bytes of the conversation that are remembered. @default 8_388_608 */
  readonly historyBytes: number
  /** Characters that a model may make in one turn; more fails the run with MODEL_PROTOCOL. @default 16_777_216 */
  readonly responseSize: number
  /** Bytes that the model is told of one tool's result; what is longer loses its middle. @default 65_536 */
  readonly resultBytes: number
  /** Calls of one turn that run at the same time. @default 16 */
  readonly parallelCalls: number
  /** Events that wait while nobody reads; of tool output the oldest is dropped, and told. @default 1_000 */
  readonly queuedEvents: number
}

export const DEFAULT_LIMITS: Limits = {
  turns: 100,
  historyItems: 2_000,
  historyBytes: 8 * 1_024 * 1_024,
  responseSize: 16 * 1_024 * 1_024,
  resultBytes: 64 * 1_024,
  parallelCalls: 16,
  queuedEvents: 1_000,
}

/** Throws INVALID_OPTION. */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  const limits: Record<keyof Limits, number> = { ...DEFAULT_LIMITS }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (!isLimit(name)) {
      const known = Object.keys(DEFAULT_LIMITS).join(', ')
      throw new OakumError('INVALID_OPTION', `There is no limits.${name}; there are ${known}.`)
    }
    if (value !== Infinity && !(Number.isSafeInteger(value) && value >= 1)) {
      const message = `limits.${name} must be a whole number of at least 1, or Infinity, not ${inspect(value)}.`
      throw new OakumError('INVALID_OPTION', message)
    }
    limits[name] = value
  }
  return limits
}

function isLimit(name: string): name is keyof Limits {
  return name in DEFAULT_LIMITS
}
