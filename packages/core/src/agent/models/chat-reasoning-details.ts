import type { ReasoningItem } from '../items.ts'
import { OPENAI_CHAT } from './openai-chat-messages.ts'
import { elementsOf, fieldsOf, textOf } from './reading.ts'

/**
 * What gateways such as OpenRouter tell of a response's thoughts beside their text: signatures, and thoughts that are sealed. It has to
 * go back as it came; Gemini and Claude refuse their calls without.
 */
export class ReasoningDetails {
  readonly #details: Record<string, unknown>[] = []

  /** Takes the `reasoning_details` of a chunk. One text may come in many pieces, and its signature behind them. */
  add(details: unknown): void {
    for (const detail of elementsOf(details).map(fieldsOf)) {
      const last = this.#details.at(-1)
      if (last !== undefined && isText(last) && isText(detail)) {
        const { text, ...others } = detail
        Object.assign(last, fieldsThatSay(others), { text: textOf(last.text) + textOf(text) })
      } else this.#details.push({ ...detail })
    }
  }

  /** What is kept of it: thoughts that say nothing. Undefined when there is nothing. */
  item(): ReasoningItem | undefined {
    if (this.#details.length === 0) return undefined
    return { type: 'reasoning', text: '', raw: { port: OPENAI_CHAT, value: { reasoning_details: this.#details } } }
  }
}

function isText({ type }: Readonly<Record<string, unknown>>): boolean {
  return type === 'reasoning.text'
}

function fieldsThatSay(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))
}
