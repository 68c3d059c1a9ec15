import type { EventLog, OakumEvent, ReadOptions } from '@oakum/core/events'

const PAGE = 1_000

/** Which events to show. */
export interface Wanted {
  agent?: string
  /** Milliseconds since 1970. */
  since?: number
  /** At most so many, the newest; Infinity for all. */
  limit: number
  /** Undefined when all are wanted. */
  matches?: (event: OakumEvent) => boolean
}

/**
 * The events up to `until` that are wanted, oldest first. Reads page by page and keeps no more than `limit`: a log may be
 * larger than memory.
 */
export function selectEvents(log: EventLog, wanted: Wanted, until: number): AsyncGenerator<OakumEvent> {
  return wanted.limit === Infinity ? everything(log, wanted, until) : newest(log, wanted, until)
}

async function* newest(log: EventLog, wanted: Wanted, until: number): AsyncGenerator<OakumEvent> {
  const { limit, matches } = wanted
  if (limit === 0) return
  let found: OakumEvent[] = []
  if (matches === undefined) found = await log.read({ ...queryOf(wanted), newest: true, limit })
  else {
    for await (const event of everything(log, wanted, until)) {
      found.push(event)
      if (found.length > limit) found.shift()
    }
  }
  for (const event of found) if (event.seq <= until) yield event
}

/** The part of the wish that the log itself can answer. */
function queryOf({ agent, since }: Wanted): ReadOptions {
  return { ...(agent === undefined ? {} : { agent }), ...(since === undefined ? {} : { since }) }
}

async function* everything(log: EventLog, wanted: Wanted, until: number): AsyncGenerator<OakumEvent> {
  for (let after = 0; ;) {
    const page = await log.read({ ...queryOf(wanted), after, limit: PAGE })
    for (const event of page) {
      if (event.seq > until) return
      if (wanted.matches?.(event) !== false) yield event
    }
    const last = page.at(-1)
    if (last === undefined) return
    after = last.seq
  }
}
