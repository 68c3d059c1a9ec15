import { type Clock, systemClock } from '../../../clock/clock.ts'

/** The two times of one call. */
export interface Times {
  /** The store's time, which every comparison uses: milliseconds since 1970 that only rise. */
  now: number
  /** Wall time, for people: it stamps events. */
  wall: number
}

/** Reads the store's time: wall time when the store was made, carried on by the monotonic clock. */
export function steadyTimes(clock: Clock = systemClock): () => Times {
  const offset = clock.now() - clock.monotonic()
  return () => ({ now: clock.monotonic() + offset, wall: clock.now() })
}
