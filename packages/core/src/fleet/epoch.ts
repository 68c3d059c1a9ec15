import type { Epoch } from './records.ts'

/** The latest time that makes an epoch without loss, in milliseconds since 1970: in the year 2255. */
export const LATEST_TIME: number = Math.floor(Number.MAX_SAFE_INTEGER / 1_000)

/** The largest epoch that a time makes; a larger one comes of damage. */
export const LATEST_EPOCH: number = LATEST_TIME * 1_000

/**
 * The epoch of a new registration: the store's microseconds since 1970, or one more than the newest epoch that the
 * store remembers of this id, whichever is greater. Time carries it on when the store forgot the id.
 *
 * @param newest the newest epoch remembered of this id, 0 when there is none
 * @param now the store's time in milliseconds since 1970, with fractions
 */
export function nextEpoch(newest: number, now: number): number {
  return Math.max(newest + 1, Math.floor(now * 1_000))
}

/** An epoch as a number (about 1.8e15, exact below 2^53), -1 for a text that is none and so matches no lease. */
export function epochNumber(epoch: Epoch): number {
  return /^\d{1,16}$/.test(epoch) ? Number(epoch) : -1
}
