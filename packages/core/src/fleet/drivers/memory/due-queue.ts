/** Left-over entries that are not worth a compaction. */
const SLACK = 64

/**
 * What is due next, without a look at what is not: a binary heap of times.
 *
 * Most deadlines are put off again and again, so putting one off costs nothing: an entry may be earlier than the true time
 * of its item, and is moved when it comes to the top. Bringing a time forward takes an `add`. An item that `dueAt` answers
 * with null for leaves the queue when it comes to the top.
 */
export class DueQueue<T> {
  readonly #dueAt: (item: T) => number | null
  #heap: { at: number; item: T }[] = []
  /** The time of each item's one valid entry; entries with another time are left-overs. */
  readonly #queued = new Map<T, number>()

  constructor(dueAt: (item: T) => number | null) {
    this.#dueAt = dueAt
  }

  /** Makes sure that the item comes up no later than its time. */
  add(item: T): void {
    const at = this.#dueAt(item)
    if (at === null) return
    const queued = this.#queued.get(item)
    if (queued !== undefined && queued <= at) return
    this.#queued.set(item, at)
    this.#push({ at, item })
  }

  /** Forgets the item; amortised, nothing of it stays in memory. */
  delete(item: T): void {
    this.#queued.delete(item)
    if (this.#heap.length > 2 * this.#queued.size + SLACK) this.#compact()
  }

  /** At most `limit` items that are due, earliest first. They stay in the queue. */
  due(now: number, limit: number): T[] {
    const found: T[] = []
    let top = this.#heap[0]
    while (top !== undefined && top.at <= now && found.length < limit) {
      this.#pop()
      if (this.#queued.get(top.item) === top.at) {
        this.#queued.delete(top.item)
        const at = this.#dueAt(top.item)
        if (at !== null && at <= now) found.push(top.item)
        else this.add(top.item)
      }
      top = this.#heap[0]
    }
    for (const item of found) this.add(item)
    return found
  }

  #compact(): void {
    const valid = this.#heap.filter(({ at, item }) => this.#queued.get(item) === at)
    // A sorted list is a heap.
    this.#heap = valid.toSorted((a, b) => a.at - b.at)
  }

  #push(entry: { at: number; item: T }): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || above.at <= entry.at) break
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
      const child = right !== undefined && left !== undefined && right.at < left.at ? right : left
      if (child === undefined || child.at >= last.at) break
      heap[index] = child
      index = 2 * index + (child === right ? 2 : 1)
    }
    heap[index] = last
  }
}
