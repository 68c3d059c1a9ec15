import type { Readable, Writable } from 'node:stream'

/** Takes what passes, besides passing it on. What it returns is waited for: a slow sink slows the program. */
export interface Sink {
  push(chunk: Buffer): Promise<void>
  end(): Promise<void>
}

/**
 * Passes bytes on unchanged, one chunk at a time: the next is read when this one is written and taken by the sink.
 * When the reader behind `to` is gone, `from` is closed, and the program meets EPIPE as it would without us.
 */
export class Relay {
  /** Resolves when all that there was has been passed on, or the relay was closed. Never rejects. */
  readonly finished: Promise<void>
  readonly #from: Readable
  readonly #closing = new AbortController()
  #lastChunk = performance.now()

  constructor(from: Readable, to: Writable, sink: Sink | null) {
    this.#from = from
    this.finished = this.#run(to, sink)
  }

  /** Closes the pipe as soon as nothing has come for so many milliseconds, for when somebody keeps its other end open. */
  async closeWhenIdle(milliseconds: number): Promise<void> {
    for (;;) {
      const left = this.#lastChunk + milliseconds - performance.now()
      if (left <= 0 || this.#from.destroyed) break
      await new Promise(resolve => setTimeout(resolve, left))
    }
    this.close()
    await this.finished
  }

  /** Closes the pipe now, and waits for no reader behind it. */
  close(): void {
    this.#closing.abort()
    this.#from.destroy()
  }

  async #run(to: Writable, sink: Sink | null): Promise<void> {
    to.on('error', toldToTheWriter)
    try {
      for await (const chunk of this.#from as AsyncIterable<Buffer>) {
        await write(to, chunk, this.#closing.signal)
        await sink?.push(chunk)
        this.#lastChunk = performance.now()
      }
    } catch {
      // Closed by us, or nobody reads behind `to` any more. Leaving the loop has closed `from`.
    } finally {
      await sink?.end()
      to.off('error', toldToTheWriter)
    }
  }
}

function write(to: Writable, chunk: Buffer, closing: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(new Error('The relay was closed.'))
    closing.addEventListener('abort', onClose, { once: true })
    to.write(chunk, error => {
      closing.removeEventListener('abort', onClose)
      if (error) reject(error)
      else resolve()
    })
  })
}

/** Each write's callback gets its error; without a listener it would end the process as well. */
function toldToTheWriter(): void {}
