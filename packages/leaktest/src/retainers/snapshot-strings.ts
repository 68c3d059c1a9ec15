/**
 * The strings of a heap snapshot, each read when it is asked for.
 *
 * There are some ten thousand and few are ever asked for; while V8 tracks allocations each costs microseconds to make.
 */
export class SnapshotStrings {
  readonly #text: Buffer
  readonly #starts: readonly number[]
  readonly #known: (string | undefined)[]

  /**
   * @param text of the snapshot.
   * @param starts where the text of each string begins, by its quotation mark, and where the last one's ends.
   */
  constructor(text: Buffer, starts: readonly number[]) {
    this.#text = text
    this.#starts = starts
    this.#known = Array.from({ length: starts.length - 1 })
  }

  get(index: number): string {
    return this.#known[index] ?? (this.#known[index] = this.#read(index))
  }

  /** Whether its text is longer than that, with its quotation marks; told without reading it. */
  isLongerThan(length: number, index: number): boolean {
    return (this.#starts[index + 1] ?? 0) - (this.#starts[index] ?? 0) > length
  }

  #read(index: number): string {
    const start = this.#starts[index]
    const next = this.#starts[index + 1]
    if (start === undefined || next === undefined) return ''
    const end = this.#text.lastIndexOf('"', next - 1)
    return JSON.parse(this.#text.toString('latin1', start, end + 1))
  }
}
