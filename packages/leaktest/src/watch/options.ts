import { LeaktestError } from '../errors.ts'
import type { WatchReading } from './report.ts'

/** Options of {@link watch}. */
export interface WatchOptions {
  /**
   * How long the program is left to itself between the readings, in sum, in milliseconds. The readings, which halt it, come on
   * top.
   * @default 10_000
   */
  readonly for?: number
  /** Milliseconds between two readings; at most a fifth of `for`. @default 1_000, or a tenth of `for` if that is less */
  readonly every?: number
  /** Ends the watch early; it undoes what it did, and then rejects with ABORTED. */
  readonly signal?: AbortSignal
  /** Called with each reading. What it throws ends the watch. */
  readonly onReading?: (reading: WatchReading) => void
}

/** When to read. */
export interface Schedule {
  /** Milliseconds between two readings. */
  readonly every: number
  /** Readings after the first. */
  readonly times: number
}

/** Readings, each in a window of its own, without which nothing can be told. */
export const WINDOWS = 5

/** The process and the times. Throws INVALID_OPTION for what cannot work, and names it. */
export function normalizeWatch(target: unknown, options: WatchOptions): Schedule & { readonly pid: number } {
  const pid = target === process ? process.pid : target
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) {
    refuse('The process to be watched has to be a process id, or `process`.', { pid: String(pid) })
  }
  const { for: duration = 10_000, every = Math.min(1_000, duration / 10) } = options
  for (const [option, value] of Object.entries({ for: duration, every })) {
    const works = typeof value === 'number' && value >= 1 && value <= LONGEST
    if (!works) refuse(`\`${option}\` has to be a number of milliseconds, not ${String(value)}.`, { option, value })
  }
  const times = Math.floor(duration / every)
  if (times < WINDOWS) {
    const message = `\`every\` has to be at most a fifth of \`for\`: ${duration} ms with a reading every ${every} ms cannot tell anything.`
    refuse(message, { option: 'every', value: every, for: duration })
  }
  return { pid, every, times }
}

/** What timers take. */
const LONGEST = 2 ** 31 - 1

function refuse(message: string, facts: Record<string, unknown>): never {
  throw new LeaktestError('INVALID_OPTION', message, { facts })
}
