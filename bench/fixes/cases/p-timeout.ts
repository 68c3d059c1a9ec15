/**
 * p-timeout added an `abort` listener to the caller's signal, and left it there when the promise had settled.
 * https://github.com/sindresorhus/p-timeout/issues/42, fixed in 6.1.3.
 */
import type { Fix, Trial } from '../fix.ts'

interface PTimeout {
  default: (promise: Promise<unknown>, options: { milliseconds: number; signal: AbortSignal }) => Promise<unknown>
}

export const fix: Fix = {
  package: 'p-timeout',
  leak: 'abort listener on the caller’s signal',
  source: 'https://github.com/sindresorhus/p-timeout/issues/42',
}

export function prepare({ default: pTimeout }: PTimeout): Trial {
  const { signal } = new AbortController()
  return { scenario: () => pTimeout(Promise.resolve(), { milliseconds: 60_000, signal }) }
}
