/** When an item is due; of two at the same time the lower rank comes first, then the lower number. */
export interface Due {
  at: number
  rank: number
  number: number
}

interface Entry<T> {
  due: Due
  item: T
}

/** Left-over entries that are not worth a compaction. */
const SLACK = 64

/**
 * What is due next, without a look at what is not: a binary heap.
 *
 * Most deadlines are put off again and again, so putting one off costs nothing: an entry may be earlier than its item is
 * due, and is moved when it comes to the top. Bringing a deadline forward takes an `add`. An item for which `dueOf` answers
 * null leaves the queue when it comes to the top.
 */
export class DueQueue<T> {
  readonly #dueOf: (item: T) => Due | null
  #heap: Entry<T>[] = []
  /** The one valid entry of each item; others are left-overs. */
  readonly #valid = new Map<T, Entry<T>>()

  constructor(dueOf: (item: T) => Due | null) {
    this.#dueOf = dueOf
  }

  /** Makes sure that the item comes up no later than it is due. */
  add(item: T): void {
    const due = this.#dueOf(item)
    if (due === null) return
    const valid = this.#valid.get(item)
    if (valid !== undefined && compare(valid.due, due) <= 0) return
    const entry = { due, item }
    this.#valid.set(item, entry)
    this.#push(entry)
  }

  /** Forgets the item; amortised, nothing of it stays in memory. */
  delete(item: T): void {
    this.#valid.delete(item)
    if (this.#heap.length > 2 * this.#valid.size + SLACK) this.#compact()
  }

  /** At most `limit` items that are due, in order. They stay in the queue. */
  due(now: number, limit: number): T[] {
    const found: T[] = []
    let top = this.#heap[0]
    while (top !== undefined && top.due.at <= now && found.length < limit) {
      this.#pop()
      if (this.#valid.get(top.item) === top) {
        this.#valid.delete(top.item)
        const due = this.#dueOf(top.item)
        if (due !== null && compare(due, top.due) <= 0) found.push(top.item)
        else this.add(top.item)
      }
      top = this.#heap[0]
    }
    for (const item of found) this.add(item)
    return found
  }

  #compact(): void {
    // A sorted list is a heap.
    this.#heap = [...this.#valid.values()].toSorted((a, b) => compare(a.due, b.due))
  }

  #push(entry: Entry<T>): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || compare(above.due, entry.due) <= 0) break
      heap[index] = above
      index = parent
    }
    heap[index] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      const child = left !== undefined && right !== undefined && compare(right.due, left.due) < 0 ? right : left
      if (child === undefined || compare(child.due, last.due) >= 0) break
      heap[index] = child
      index = 2 * index + (child === right ? 2 : 1)
    }
    heap[index] = last
  }
}

function compare(a: Due, b: Due): number {
  return a.at - b.at || a.rank - b.rank || a.number - b.number
}
