import type { Scope } from '../../scope/index.ts'
import type { Tool } from '../tools/tool.ts'

/** Milliseconds between a server's word that its tools have changed and the question what they are: it may change many at once. */
const SETTLE = 250

/** What a server's tools are; asked anew whenever they may have changed, but never twice at the same time. */
export class ToolList {
  readonly #get: (signal: AbortSignal) => Promise<readonly Tool[]>
  readonly #scope: Scope
  #onTools: ((tools: readonly Tool[]) => void) | undefined = undefined
  #onError: ((error: unknown) => void) | undefined = undefined
  #isStale = false
  #isAsking = false

  constructor(get: (signal: AbortSignal) => Promise<readonly Tool[]>, scope: Scope) {
    this.#get = get
    this.#scope = scope
  }

  first(signal: AbortSignal): Promise<readonly Tool[]> {
    return this.#get(signal)
  }

  /** From now on, what is asked is told, or why it could not be. */
  follow(onTools: (tools: readonly Tool[]) => void, onError: (error: unknown) => void): void {
    this.#onTools = onTools
    this.#onError = onError
    // They may have changed since the first list.
    if (this.#isStale) this.ask()
  }

  /** Asks soon. */
  ask(): void {
    this.#isStale = true
    if (this.#onTools === undefined || this.#isAsking || this.#scope.signal.aborted) return
    this.#isAsking = true
    this.#scope.timeout(() => this.#refresh(), SETTLE)
  }

  async #refresh(): Promise<void> {
    const { signal } = this.#scope
    this.#isStale = false
    try {
      const tools = await this.#get(signal)
      if (!signal.aborted) this.#onTools?.(tools)
    } catch (error) {
      if (!signal.aborted) this.#onError?.(error)
    }
    this.#isAsking = false
    if (this.#isStale) this.ask()
  }
}
