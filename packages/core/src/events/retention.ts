import { OakumError } from '../errors/error.ts'
import type { EventFilter } from './event-log.ts'

/** What may stay; of the events that the filter chooses, or of all. At least one of `maxAge` and `maxCount` is needed. */
export interface RetainOptions extends EventFilter {
  /** Milliseconds. What happened longer ago is removed. */
  maxAge?: number
  /** How many of the newest stay; what is older than these is removed. 0 removes all. */
  maxCount?: number
  /** Ends it early; what was removed by then is gone. */
  signal?: AbortSignal
}

export interface RetainReport {
  /** How many events were removed. */
  removed: number
  /** Size of their data, as JSON, in bytes. */
  bytes: number
}

/** @throws INVALID_OPTION */
export function validateRetention({ maxAge, maxCount }: RetainOptions): void {
  if (maxAge === undefined && maxCount === undefined) {
    throw new OakumError('INVALID_OPTION', 'To retain events, say maxAge or maxCount: what may stay.')
  }
  if (maxAge !== undefined && !(Number.isFinite(maxAge) && maxAge >= 0)) {
    throw new OakumError('INVALID_OPTION', 'maxAge must be milliseconds, 0 or more.', { facts: { maxAge } })
  }
  if (maxCount !== undefined && !(Number.isSafeInteger(maxCount) && maxCount >= 0)) {
    throw new OakumError('INVALID_OPTION', 'maxCount must be a whole number, 0 or more.', { facts: { maxCount } })
  }
}
