import { OakumError } from '../../../errors/index.ts'
import { validateDelay } from '../../options.ts'

export const DEFAULT_POOL_MAX = 20
export const DEFAULT_POOL_IDLE = 30_000
export const DEFAULT_POOL_LIFETIME = 300_000

/** Options of `Scope.pool`. */
export interface PoolOptions<T> {
  /** Makes a value. The signal aborts when the scope closes. */
  create(signal: AbortSignal): T | PromiseLike<T>
  /** Ends a value. Its slot is free when that is done. */
  destroy(value: T): unknown
  /** Asked before an idle value is lent again; one that is not valid is destroyed. */
  validate?(value: T): boolean | PromiseLike<boolean>
  /** For snapshots and reports. @default 'pool' */
  name?: string
  /** So many values exist at most, whatever they are doing. @default 20 */
  max?: number
  /** Milliseconds that a value may lie unused; 0 to 2147483647. @default 30_000 */
  idle?: number
  /** Milliseconds after which a value is not lent any more; 0 to 2147483647. @default 300_000 */
  lifetime?: number
}

/** Options with their defaults filled in. */
export type NormalizedPoolOptions<T> = Required<PoolOptions<T>>

/** Throws INVALID_OPTION. */
export function normalizePool<T>(options: PoolOptions<T>): NormalizedPoolOptions<T> {
  const { name = 'pool', max = DEFAULT_POOL_MAX, idle = DEFAULT_POOL_IDLE, lifetime = DEFAULT_POOL_LIFETIME } = options
  if (!Number.isInteger(max) || max < 1) {
    throw new OakumError('INVALID_OPTION', `max must be a whole number of at least 1, not ${max}.`)
  }
  validateDelay('idle', idle)
  validateDelay('lifetime', lifetime)
  return {
    name,
    max,
    idle,
    lifetime,
    create: signal => options.create(signal),
    destroy: value => options.destroy(value),
    validate: value => options.validate?.(value) ?? true,
  }
}
