import type { AgentLoop, RunEvent } from '@oakum/core/agent'
import { show, showResult } from './display.ts'
import { readInput, type Terminal } from './terminal.ts'

export interface ConversationOptions {
  readonly loop: AgentLoop
  readonly terminal: Terminal
  /** Says what the agent does. */
  readonly tellState: (state: string) => Promise<void>
  /** Aborts when the agent shall stop. */
  readonly signal: AbortSignal
}

/** Prompts and their answers, one after the other. */
export class Conversation {
  readonly #options: ConversationOptions
  /** What cancels the answer that is under way. */
  #answering: AbortController | undefined
  #interrupted = false
  #ended = false

  constructor(options: ConversationOptions) {
    this.#options = options
  }

  /** Cancels the answer that is under way. False the second time before a new prompt: the agent is to end. */
  interrupt(): boolean {
    if (this.#interrupted) return false
    this.#interrupted = true
    this.#answering?.abort('Ctrl-C')
    this.#options.terminal.interject('^C (again ends)')
    return true
  }

  /** Nobody types any more: cancels the answer that is under way, and asks for no other prompt. */
  end(): void {
    this.#ended = true
    this.#answering?.abort('end of input')
  }

  /** Answers a prompt, and on a terminal asks for more. Whether the last one was answered. */
  async hold(first: string | undefined): Promise<boolean> {
    const { terminal, signal } = this.#options
    if (!terminal.interactive) {
      const prompt = first ?? (await readInput(signal))
      return prompt !== undefined && this.#answer(prompt)
    }
    let answered = first === undefined
    for (let prompt = first; ; prompt = undefined) {
      prompt ??= await terminal.ask('> ', signal)
      if (prompt === undefined || this.#ended || signal.aborted) return answered
      if (prompt.trim() !== '') answered = await this.#answer(prompt)
    }
  }

  async #answer(prompt: string): Promise<boolean> {
    const { loop, terminal, tellState } = this.#options
    this.#answering = new AbortController()
    this.#interrupted = false
    const run = loop.run(prompt, { signal: this.#answering.signal })
    try {
      for await (const event of run) {
        const state = stateAt(event)
        if (state !== undefined) await tellState(state)
        await show(event, terminal)
      }
    } catch (error) {
      // What a run fails with is in its result as well; all else is ours.
      if ((await run.done).status !== 'failed') throw error
    } finally {
      this.#answering = undefined
    }
    const result = await run.done
    await showResult(result, terminal)
    await tellState('idle')
    return result.status === 'completed'
  }
}

/** What the agent does from an event on; undefined for what it did before. */
function stateAt(event: RunEvent): string | undefined {
  if (event.type === 'turn_started') return 'thinking'
  return event.type === 'tool_started' ? `tool ${event.call.name}` : undefined
}
