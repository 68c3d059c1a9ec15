import type { OakumEvent } from '@oakum/core/events'

/** How much an event matters, least first. */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const

export type Level = (typeof LEVELS)[number]

/** The level that an event names itself, else the one of its type. */
export function levelOf({ type, data }: OakumEvent): Level {
  const named = LEVELS.find(level => level === data.level)
  if (named !== undefined) return named
  if (/quarantined|failed|error/.test(type)) return 'error'
  if (
    /^cleanup_|^orphans_|fenced|killed|_(lost|stuck|stalled|exceeded)$|leak_detected$/.test(type) ||
    data.stream === 'stderr'
  )
    return 'warn'
  return 'info'
}

/** Whether an event is at least that important. */
export function isAtLeast(event: OakumEvent, level: Level): boolean {
  return LEVELS.indexOf(levelOf(event)) >= LEVELS.indexOf(level)
}
