import { onTestFinished, vi } from 'vitest'

/**
 * Time stands still for the rest of the test: `setTimeout`, `Date` and `performance.now()`, which all move together by
 * `vi.advanceTimersByTime`. What waits for time to pass waits for ever, however slow the machine; what is real, as programs,
 * files, `setImmediate` and the timers of `node:timers/promises`, goes on.
 */
export function useFakeTime(): void {
  const started = Math.ceil(performance.now())
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  const startedAt = Date.now()
  // The object that `node:perf_hooks` exports, which the fake timers would leave alone.
  const now = vi.spyOn(performance, 'now').mockImplementation(() => started + Date.now() - startedAt)
  onTestFinished(() => {
    now.mockRestore()
    vi.useRealTimers()
  })
}
