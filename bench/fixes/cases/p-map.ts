/**
 * p-map added an `abort` listener to the caller's signal, and left it there when all was mapped.
 * https://github.com/sindresorhus/p-map/issues/75, fixed in 7.0.3.
 */
import type { Fix, Trial } from '../fix.ts'

interface PMap {
  default: (input: number[], mapper: (item: number) => unknown, options: { signal: AbortSignal }) => Promise<unknown[]>
}

export const fix: Fix = {
  package: 'p-map',
  leak: 'abort listener on the caller’s signal',
  source: 'https://github.com/sindresorhus/p-map/issues/75',
}

export function prepare({ default: pMap }: PMap): Trial {
  const { signal } = new AbortController()
  return { scenario: () => pMap([1, 2, 3], item => item * 2, { signal }) }
}
