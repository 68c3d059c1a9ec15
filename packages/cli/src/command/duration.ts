import { UsageError } from './errors.ts'

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `500ms`, `30s`, `5m`, `2h`, `7d`, or a bare number of seconds, in milliseconds. Throws {@link UsageError}. */
export function parseDuration(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text)
  if (!match) throw new UsageError(`${option} wants a duration such as 500ms, 30s, 5m or 2h, not "${text}"`)
  return Math.round(Number(match[1]) * (UNITS[match[2] ?? 's'] ?? 0))
}
