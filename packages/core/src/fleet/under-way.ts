/** Calls that have not settled. Whoever ends the things that they use waits for them first; their callers are told the outcome. */
export class UnderWay {
  readonly #calls = new Set<Promise<unknown>>()

  /** Counts the call until it has settled, and returns it. */
  add<T>(call: Promise<T>): Promise<T> {
    const settled: Promise<unknown> = call.then(ignore, ignore).then(() => this.#calls.delete(settled))
    this.#calls.add(settled)
    return call
  }

  /** Resolves when none is under way. Never rejects. */
  async settled(): Promise<void> {
    while (this.#calls.size > 0) await Promise.all(this.#calls)
  }
}

function ignore(): void {}
