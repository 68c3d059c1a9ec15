import type { ModelItem } from '../items.ts'
import type { ModelEvent, StopReason } from '../model.ts'
import { cutCall, mayCutCalls } from './tool-arguments.ts'

/** An item's place, empty until the item is whole. */
export interface Place {
  item?: ModelItem
}

/**
 * Items in the order in which a response began them: services may end them in another one. A message or a call is held back until something
 * follows it, or the response ends: only the end tells that it was a refusal, or was cut.
 */
export class ItemQueue {
  readonly #places: Place[] = []

  /** Takes the next place, for an item that is being made. */
  begin(): Place {
    const place: Place = {}
    this.#places.push(place)
    return place
  }

  /** Adds an item that is whole. */
  push(item: ModelItem): void {
    this.#places.push({ item })
  }

  /** Gives up a place whose item never came to be. */
  forget(place: Place): void {
    const at = this.#places.indexOf(place)
    if (at >= 0) this.#places.splice(at, 1)
  }

  /** What can be told now. */
  ready(): ModelEvent[] {
    const events: ModelEvent[] = []
    for (;;) {
      const item = this.#places[0]?.item
      if (!item || (item.type !== 'reasoning' && this.#places.length === 1)) return events
      this.#places.shift()
      events.push({ type: 'item', item })
    }
  }

  /** The rest, when the response has ended. */
  rest(reason: StopReason): ModelEvent[] {
    const items = this.#places.splice(0).flatMap(({ item }) => item ?? [])
    const refused = reason === 'refusal' ? items.findLast(item => item.type === 'message') : undefined
    const cut = mayCutCalls(reason) ? items.findLast(item => item.type === 'tool_call') : undefined
    return items.map(item => {
      if (item === refused) return { type: 'item', item: { ...refused, refusal: true } }
      return { type: 'item', item: item === cut ? cutCall(cut) : item }
    })
  }
}
