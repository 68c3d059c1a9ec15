/**
 * p-retry added an `abort` listener to the caller's signal, and left it there when the operation had succeeded.
 * https://github.com/sindresorhus/p-retry/issues/71, fixed in 6.0.0.
 */
import type { Fix, Trial } from '../fix.ts'

interface PRetry {
  default: (operation: () => Promise<unknown>, options: { signal: AbortSignal }) => Promise<unknown>
}

export const fix: Fix = {
  package: 'p-retry',
  leak: 'abort listener on the caller’s signal, and with it the operation',
  source: 'https://github.com/sindresorhus/p-retry/issues/71',
}

export function prepare({ default: pRetry }: PRetry): Trial {
  const { signal } = new AbortController()
  return { scenario: () => pRetry(async () => 'done', { signal }) }
}
