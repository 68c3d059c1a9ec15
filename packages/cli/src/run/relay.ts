import type { Readable, Writable } from 'node:stream'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

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
  /** Since when nothing has come; undefined while a chunk is on its way. */
  #idleSince: number | undefined = performance.now()

  constructor(from: Readable, to: Writable, sink: Sink | null) {
    this.#from = from
    this.finished = this.#run(to, sink)
  }

  /**
   * Closes the pipe as soon as it has ended, or nothing has come for so many milliseconds and somebody keeps its other end
   * open. A reader that is slow to take a chunk is no silence.
   */
  async closeWhenIdle(milliseconds: number): Promise<void> {
    const ended = new AbortController()
    const finished = this.finished.then(() => ended.abort())
    while (!ended.signal.aborted) {
      // This process may have been held up: what has been written meanwhile is read before silence is judged. The first turn
      // may end without a look at the pipe, the second does not.
      await nextTurn()
      await nextTurn()
      const left = this.#idleSince === undefined ? milliseconds : this.#idleSince + milliseconds - performance.now()
      if (left <= 0) break
      await sleep(left, undefined, { signal: ended.signal }).catch(() => {})
    }
    this.close()
    await finished
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
        this.#idleSince = undefined
        await write(to, chunk, this.#closing.signal)
        await sink?.push(chunk)
        this.#idleSince = performance.now()
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
