import { type Clock, systemClock } from '../../../clock/clock.ts'
import type { Times } from '../../times.ts'

/** The store's time is wall time when the store was made, carried on by the monotonic clock. */
export function steadyTimes(clock: Clock = systemClock): () => Times {
  const offset = clock.now() - clock.monotonic()
  return () => ({ now: Math.floor(clock.monotonic() + offset), wall: Math.floor(clock.now()) })
}
