import { formatDuration } from './duration.ts'
import { formatSize } from './size.ts'

/** What can be limited; see `oakum run`. */
export type LimitName = 'memory' | 'processes' | 'time'

const FORMATS: Readonly<Record<LimitName, (amount: number) => string>> = {
  memory: formatSize,
  processes: String,
  time: formatDuration,
}

export function isLimitName(value: unknown): value is LimitName {
  return typeof value === 'string' && Object.hasOwn(FORMATS, value)
}

/** `4.2 GiB`, `200` or `2h`: an amount in the unit of its limit, bytes, processes or milliseconds. */
export function formatLimitAmount(limit: LimitName, amount: number): string {
  return FORMATS[limit](amount)
}
