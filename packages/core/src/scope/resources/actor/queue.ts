/** What can stand in a {@link Queue}, in one at a time. */
export abstract class Queueable {
  queue: Queue<this> | undefined = undefined
  previous: this | undefined = undefined
  next: this | undefined = undefined
}

/**
 * First in, first out; and whoever gives up leaves from the middle. All in constant time, however long the queue: a `Set` would step
 * over the holes of those that left before the first.
 */
export class Queue<E extends Queueable> {
  #first: E | undefined = undefined
  #last: E | undefined = undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  push(entry: E): void {
    entry.queue = this
    entry.previous = this.#last
    if (this.#last === undefined) this.#first = entry
    else this.#last.next = entry
    this.#last = entry
    this.#size++
  }

  shift(): E | undefined {
    const first = this.#first
    if (first !== undefined) this.delete(first)
    return first
  }

  /** False when it does not stand here. */
  delete(entry: E): boolean {
    if (entry.queue !== this) return false
    const { previous, next } = entry
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    entry.queue = entry.previous = entry.next = undefined
    this.#size--
    return true
  }

  /** Empties it. */
  takeAll(): E[] {
    const all: E[] = []
    for (let entry = this.shift(); entry !== undefined; entry = this.shift()) all.push(entry)
    return all
  }
}
