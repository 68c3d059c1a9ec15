import type { ModelEvent } from '../model.ts'

/** Of so many types one response is told about at most. */
const MOST = 16

/** Warns of events that a port does not know: once for each type, however often it comes. */
export class UnknownEvents {
  readonly #types = new Set<string>()

  /** Nothing, or one warning. @param type of the event, where it has one */
  warn(type: string | undefined): ModelEvent[] {
    const name = type === undefined ? 'without a type' : `of type ${type.slice(0, 100)}`
    if (this.#types.has(name) || this.#types.size === MOST) return []
    this.#types.add(name)
    return [{ type: 'warning', message: `Left out what the service sent: an event ${name}.` }]
  }
}
