import type { RetrySettings } from './options.ts'

/** Milliseconds to wait before the given retry, 1 being the first, where the service asked for nothing. @param random 0 to 1 */
export function backoff(
  retry: number,
  { base, factor, max, jitter }: RetrySettings,
  random: () => number = Math.random,
): number {
  return Math.min(max, base * factor ** (retry - 1)) * (1 - jitter * random())
}
