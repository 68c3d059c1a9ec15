import { systemClock, type Clock } from '../../src/clock/clock.ts'

/** The machine's clock as it will be later, or was before: for a process that sees time that others have yet to come to. */
export function shiftedClock(milliseconds: number): Clock {
  return {
    now: () => systemClock.now() + milliseconds,
    monotonic: () => systemClock.monotonic() + milliseconds,
  }
}
