import { setTimeout as pause } from 'node:timers/promises'

export interface UntilOptions {
  /** Milliseconds. Ends what hangs; a busy machine may be ten times as slow. @default 60_000 */
  timeout?: number
  /** What is waited for, for the error's message. */
  what?: string
}

/** Polls until the predicate gives something truthy, and returns that. */
export async function until<T>(predicate: () => T | Promise<T>, options: UntilOptions = {}): Promise<NonNullable<T>> {
  const { timeout = 60_000, what = predicate.toString() } = options
  const end = performance.now() + timeout
  for (;;) {
    const value = await predicate()
    if (value) return value
    if (performance.now() > end) throw new Error(`Not within ${timeout} ms: ${what}`)
    await pause(5)
  }
}
