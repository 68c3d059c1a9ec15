import { LineSplitter, type Line } from './lines.ts'
import type { OutputLog } from './output-log.ts'
import type { Redactor } from './redact.ts'
import type { Sink } from './relay.ts'

/** Bytes of a line that are stored. */
const LINE_LIMIT = 64 * 1024

/** Turns what a stream carries into events `agent.output`: one per line, `{ stream, line, omittedBytes? }`. */
export class LineSink implements Sink {
  readonly #stream: 'stdout' | 'stderr'
  readonly #log: OutputLog
  readonly #redactor: Redactor
  readonly #splitter = new LineSplitter(LINE_LIMIT)

  constructor(stream: 'stdout' | 'stderr', log: OutputLog, redactor: Redactor) {
    this.#stream = stream
    this.#log = log
    this.#redactor = redactor
  }

  async push(chunk: Buffer): Promise<void> {
    await this.#store(this.#splitter.push(chunk))
  }

  async end(): Promise<void> {
    await this.#store(this.#splitter.end())
  }

  async #store(lines: readonly Line[]): Promise<void> {
    if (lines.length === 0) return
    let size = 0
    const entries = lines.map(({ text, omittedBytes }) => {
      const line = this.#redactor.redact(text)
      size += line.length
      return { stream: this.#stream, line, ...(omittedBytes > 0 ? { omittedBytes } : {}) }
    })
    await this.#log.add(entries, size)
  }
}
