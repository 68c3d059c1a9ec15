import { isBusy } from './errors.ts'

/** Milliseconds between two tries; short, since SQLite's own handler has done the long waiting. */
const PAUSE = 5

/**
 * Runs `fn` again while SQLite says that it is busy, for at most `timeout` milliseconds.
 *
 * SQLite's busy handler waits by itself, except where it sees a deadlock coming or another process recovers or switches
 * the journal: then it gives up at once, and trying again is all that is needed. Like that handler, this blocks the thread.
 */
export function retryBusy<T>(timeout: number, fn: () => T): T {
  const deadline = performance.now() + timeout
  for (;;) {
    try {
      return fn()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error
      Atomics.wait(SLEEPER, 0, 0, PAUSE)
    }
  }
}

const SLEEPER = new Int32Array(new SharedArrayBuffer(4))
