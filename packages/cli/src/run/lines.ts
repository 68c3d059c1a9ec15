/** A line of a program's output, without its line ending. */
export interface Line {
  text: string
  /** Bytes beyond the limit that were left out, 0 for most lines. */
  omittedBytes: number
}

const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d

/**
 * Cuts a stream of bytes into lines.
 *
 * - It splits on the byte 0x0A, which is part of no other UTF-8 character: a character over two chunks stays whole.
 * - It keeps at most `limit` bytes of a line that has not ended, whatever the program prints.
 * - Bytes that are no UTF-8 become U+FFFD.
 */
export class LineSplitter {
  readonly #limit: number
  #parts: Buffer[] = []
  #kept = 0
  #omitted = 0

  /** @param limit Bytes kept of one line. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** The lines that this chunk completed. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = []
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end))
      lines.push(this.#take())
      start = end + 1
    }
    this.#keep(chunk.subarray(start))
    return lines
  }

  /** The last line when it had no newline. */
  end(): Line[] {
    return this.#kept + this.#omitted > 0 ? [this.#take()] : []
  }

  #keep(bytes: Buffer): void {
    const part = bytes.subarray(0, this.#limit - this.#kept)
    this.#omitted += bytes.length - part.length
    if (part.length === 0) return
    this.#parts.push(part)
    this.#kept += part.length
  }

  #take(): Line {
    const [only] = this.#parts
    let bytes = this.#parts.length === 1 && only ? only : Buffer.concat(this.#parts)
    const omittedBytes = this.#omitted
    if (omittedBytes === 0 && bytes.at(-1) === CARRIAGE_RETURN) bytes = bytes.subarray(0, -1)
    this.#parts = []
    this.#kept = 0
    this.#omitted = 0
    // As a stream, so that a character which the limit cut in two is left out instead of shown as U+FFFD.
    return { text: new TextDecoder().decode(bytes, { stream: omittedBytes > 0 }), omittedBytes }
  }
}
