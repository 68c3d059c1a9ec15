import { OakumError } from '../../errors/error.ts'
import { validateDelay } from '../../scope/options.ts'

/** How often, and after which waits, a request that failed is made again. Times in milliseconds. */
export interface RetryOptions {
  /** So many times in a row at most; 0 never. @default 5 */
  retries?: number
  /** Before the first retry, where the service asks for nothing else. @default 1_000 */
  base?: number
  /** Each further wait is so many times the one before; at least 1. @default 2 */
  factor?: number
  /** The longest wait that is chosen here. @default 30_000 */
  max?: number
  /** Each wait chosen here is shortened by up to this part, at random, so that not all come back at once; 0 to 1. @default 0.5 */
  jitter?: number
  /**
   * The longest wait that a service may ask for. It is kept to exactly; where it asks for more, the run fails at once, and the
   * error says how much that was.
   * @default 120_000
   */
  maxWait?: number
}

/** {@link RetryOptions} with nothing left open. */
export type RetrySettings = Readonly<Required<RetryOptions>>

const DEFAULTS: RetrySettings = { retries: 5, base: 1_000, factor: 2, max: 30_000, jitter: 0.5, maxWait: 120_000 }

/** @throws OakumError INVALID_OPTION */
export function resolveRetryOptions(options: RetryOptions = {}): RetrySettings {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const unknown = given.find(([name]) => !Object.hasOwn(DEFAULTS, name))?.[0]
  if (unknown !== undefined) {
    const known = Object.keys(DEFAULTS).join(', ')
    throw new OakumError('INVALID_OPTION', `There is no retry.${unknown}; there are ${known}.`)
  }
  const settings: RetrySettings = { ...DEFAULTS, ...Object.fromEntries(given) }
  const { retries, base, factor, max, jitter, maxWait } = settings
  check('retries', 'an integer of at least 0', retries, Number.isSafeInteger(retries) && retries >= 0)
  check('factor', 'a number of at least 1', factor, Number.isFinite(factor) && factor >= 1)
  check('jitter', '0 to 1', jitter, Number.isFinite(jitter) && jitter >= 0 && jitter <= 1)
  validateDelay('retry.base', base)
  validateDelay('retry.max', max)
  validateDelay('retry.maxWait', maxWait)
  return settings
}

function check(option: string, expected: string, value: number, fine: boolean): void {
  if (fine) return
  throw new OakumError('INVALID_OPTION', `retry.${option} must be ${expected}, not ${value}.`)
}
