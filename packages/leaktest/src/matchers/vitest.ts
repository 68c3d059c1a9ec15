/**
 * `toBeLeakFree` for vitest: importing this module, in a test or as a set-up file, registers it.
 *
 * @example
 * ```ts
 * import '@oakum/leaktest/vitest'
 *
 * it('leaves nothing when cancelled', async () => {
 *   await expect(cancelOnce).toBeLeakFree({ time: 2_000 })
 * })
 * ```
 * @module
 */
import { expect } from 'vitest'
import type { LeaktestOptions } from '../options.ts'
import { judgeScenario } from './to-be-leak-free.ts'

declare module 'vitest' {
  // oxlint-disable-next-line no-unused-vars -- both have to be named as vitest names them
  interface Matchers<R extends void | Promise<void>, T> {
    /** Repeats the function and fails when something of it stays. Needs `--expose-gc`, and a test that is not concurrent. */
    toBeLeakFree: <F>(options?: LeaktestOptions<F>) => Promise<void>
  }
}

expect.extend({
  toBeLeakFree(scenario: unknown, options?: LeaktestOptions) {
    return judgeScenario(this, scenario, options)
  },
})
