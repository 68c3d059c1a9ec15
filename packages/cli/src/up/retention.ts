/**
 * Keeps the event log of a store from growing for ever.
 *
 * A look that fails ends nothing: it is told, and the next one comes. Several on one store do no harm.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet } from '@oakum/core/fleet'
import { parseDuration } from '../command/duration.ts'
import { UsageError } from '../command/errors.ts'

/** Events that stay, however young. */
const MOST_EVENTS = 1_000_000

export interface RetentionOptions {
  fleet: Fleet
  /** Milliseconds after which an event goes; null: no event ever does. */
  maxAge: number | null
  /** Milliseconds between two looks for what may go. @default 300_000 */
  every?: number
  /** Must not throw. */
  onError: (error: unknown) => void
}

export interface Retention {
  /** Ends it; what was removed by then is gone. Idempotent. */
  readonly close: () => Promise<void>
}

/** `7d`, in milliseconds; null for `forever`. Throws {@link UsageError}. */
export function parseRetention(text: string, option: string): number | null {
  if (text === 'forever') return null
  const maxAge = parseDuration(text, option)
  if (maxAge > 0) return maxAge
  throw new UsageError(`${option} wants more than 0; to keep all events: ${option} forever`)
}

/** Removes what is too old, or too much, now and then again and again. */
export function startRetention({ fleet, maxAge, every = 300_000, onError }: RetentionOptions): Retention {
  const ending = new AbortController()
  const { signal } = ending
  const retaining = maxAge === null ? undefined : retain(maxAge)

  async function retain(age: number): Promise<void> {
    while (!signal.aborted) {
      try {
        await fleet.events.retain({ maxAge: age, maxCount: MOST_EVENTS, signal })
      } catch (error) {
        if (!signal.aborted) onError(error)
      }
      await sleep(every, undefined, { signal }).catch(() => undefined) // the end
    }
  }

  return {
    async close() {
      ending.abort()
      await retaining
    },
  }
}
