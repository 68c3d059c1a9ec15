/**
 * A coarse clock for the age of what a scope owns.
 *
 * Reading a clock costs more than adopting a resource, so one reading is shared: by at most {@link SHARED_BY} adoptions,
 * and never beyond the turn of the event loop in which it was taken. An age is therefore too high by no more than the
 * time that one turn has run, and never too low.
 */
import { performance } from 'node:perf_hooks'

const SHARED_BY = 64

// Taken at load, so that fake timers in a test do not stop the clock from being read again.
const afterThisTurn = setImmediate

let reading = 0
let uses = 0
let armed = false

/** Milliseconds since the process started, whole. */
export function coarseNow(): number {
  if (uses === 0) read()
  uses--
  return reading
}

/** Milliseconds since a reading of {@link coarseNow}. */
export function ageSince(bornAt: number): number {
  return Math.max(0, Math.trunc(performance.now()) - bornAt)
}

function read(): void {
  // Truncated, so that the engine keeps it inside the object instead of in a boxed number.
  reading = Math.trunc(performance.now())
  uses = SHARED_BY
  if (armed) return
  armed = true
  // Not unref'd: an unref'd immediate would let a wait for I/O go by before it runs, and the reading grow old meanwhile.
  afterThisTurn(expire)
}

function expire(): void {
  armed = false
  uses = 0
}
