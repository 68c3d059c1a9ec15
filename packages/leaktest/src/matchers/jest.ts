/**
 * `toBeLeakFree` for jest: importing this module, in a test or as a set-up file, registers it. Jest has to run ES modules:
 * `node --expose-gc --experimental-vm-modules node_modules/jest/bin/jest.js`.
 *
 * @example
 * ```ts
 * import '@oakum/leaktest/jest'
 *
 * it('leaves nothing when cancelled', async () => {
 *   await expect(cancelOnce).toBeLeakFree({ time: 2_000 })
 * })
 * ```
 * @module
 */
// jest is no dependency, not even of development: whoever imports this module has it, and its types.
// @ts-ignore -- see above
import { expect } from '@jest/globals'
import type { LeaktestOptions } from '../options.ts'
import { judgeScenario, type MatcherContext, type MatcherResult } from './to-be-leak-free.ts'

/** What this module adds to jest's assertions. */
export interface LeakMatchers {
  /** Repeats the function and fails when something of it stays. Needs `--expose-gc`, and a test that is not concurrent. */
  toBeLeakFree<F>(options?: LeaktestOptions<F>): Promise<void>
}

// @ts-ignore -- see above
declare module '@jest/expect' {
  // oxlint-disable-next-line no-unused-vars -- both have to be named as jest names them
  interface Matchers<R extends void | Promise<void>, T = unknown> extends LeakMatchers {}
}

// For those who take jest's globals by @types/jest.
declare global {
  namespace jest {
    // oxlint-disable-next-line no-unused-vars -- both have to be named as @types/jest names them
    interface Matchers<R, T = {}> extends LeakMatchers {}
  }
}

expect.extend({
  toBeLeakFree(this: MatcherContext, scenario: unknown, options?: LeaktestOptions): Promise<MatcherResult> {
    return judgeScenario(this, scenario, options)
  },
})
