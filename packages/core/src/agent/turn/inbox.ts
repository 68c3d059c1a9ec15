/**
 * What running tools have to tell, until the consumer asks for it.
 *
 * Bounded: of the output of tools the oldest pieces are dropped, and the next that is read says how many were. What is too long for one
 * piece comes in several. How calls ended is never dropped: there is one of each per call.
 */
import type { RunEvent } from '../run-events.ts'

type ToolOutput = Extract<RunEvent, { type: 'tool_output' }>

/** Characters of tool output that wait, at most. */
const LONGEST = 1_024 * 1_024
/** Characters of one piece, which is one event. */
const LONGEST_PIECE = 64 * 1_024

export class Inbox {
  readonly #limit: number
  #events: RunEvent[] = []
  #outputs = 0
  #size = 0
  #dropped = 0
  #wake: (() => void) | undefined

  /** @param limit pieces of tool output that wait, at most. */
  constructor(limit: number) {
    this.#limit = limit
  }

  push(event: RunEvent): void {
    this.#events.push(event)
    this.#wake?.()
  }

  output(callId: string, text: string): void {
    let told = 0
    do {
      const piece = pieceAt(text, told)
      this.#outputs++
      this.#size += piece.length
      while (this.#outputs > this.#limit || (this.#size > LONGEST && this.#outputs > 1)) this.#dropOldest()
      this.push({ type: 'tool_output', callId, text: piece, dropped: 0 })
      told += piece.length
    } while (told < text.length)
  }

  /** The next event; undefined when the signal aborts first. For one reader. */
  async take(signal: AbortSignal): Promise<RunEvent | undefined> {
    if (this.#events.length === 0 && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      signal.addEventListener('abort', this.#wake, { once: true })
      await promise
      signal.removeEventListener('abort', this.#wake)
      this.#wake = undefined
    }
    return signal.aborted ? undefined : this.#shift()
  }

  #shift(): RunEvent | undefined {
    const event = this.#events.shift()
    if (event?.type !== 'tool_output') return event
    const dropped = this.#dropped
    this.#forget(event)
    this.#dropped = 0
    return dropped === 0 ? event : { ...event, dropped }
  }

  #dropOldest(): void {
    const index = this.#events.findIndex(({ type }) => type === 'tool_output')
    const [event] = index === -1 ? [] : this.#events.splice(index, 1)
    if (event?.type !== 'tool_output') return
    this.#forget(event)
    this.#dropped++
  }

  #forget({ text }: ToolOutput): void {
    this.#outputs--
    this.#size -= text.length
  }
}

/** Does not end in the middle of a character, which may have two units. */
function pieceAt(text: string, start: number): string {
  const end = start + LONGEST_PIECE
  const cuts = end < text.length && (text.codePointAt(end - 1) ?? 0) > 0xffff
  return text.slice(start, cuts ? end - 1 : end)
}
