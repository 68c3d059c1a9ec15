/** Puts lines together from pieces. Holds the start of one line at most, and no more of it than `maxBytes`. */
export class Lines {
  readonly #maxBytes: number
  #pieces: Buffer[] = []
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The lines that end in this piece, without their ends. Throws a RangeError when one is too long. */
  push(piece: Buffer): string[] {
    const lines: string[] = []
    let start = 0
    for (let end = piece.indexOf(10); end !== -1; end = piece.indexOf(10, start)) {
      this.#add(piece.subarray(start, end))
      lines.push(this.#take())
      start = end + 1
    }
    if (start < piece.length) this.#add(piece.subarray(start))
    return lines
  }

  #add(piece: Buffer): void {
    this.#bytes += piece.length
    if (this.#bytes > this.#maxBytes) {
      this.#pieces = []
      throw new RangeError(`a line of more than ${this.#maxBytes} bytes`)
    }
    this.#pieces.push(piece)
  }

  #take(): string {
    const line = Buffer.concat(this.#pieces, this.#bytes).toString('utf8')
    this.#pieces = []
    this.#bytes = 0
    return line.endsWith('\r') ? line.slice(0, -1) : line
  }
}
