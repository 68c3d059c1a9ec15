import { stripVTControlCharacters } from 'node:util'

/** Characters that are kept. */
const KEPT = 2_000

/** The end of what a server said beside its messages, for errors. */
export class LastWords {
  #text = ''

  add(text: string): void {
    this.#text = (this.#text + text).slice(-KEPT)
  }

  /** To be put behind an error's sentence; empty when nothing was said. */
  toString(): string {
    const text = stripVTControlCharacters(this.#text).trim()
    return text === '' ? '' : ` Its last words: ${text}`
  }
}
