/** Models that say what a test wants, one response per request, and remember what they were asked. */
import type { Model, ModelEvent, ModelRequest } from '../../src/agent/index.ts'

/** The events of one response; a function gets the request's signal, and may wait, fail or not listen. */
export type Response = readonly ModelEvent[] | ((signal: AbortSignal) => AsyncIterable<ModelEvent>)

export interface ScriptedModel extends Model {
  readonly requests: ModelRequest[]
  readonly signals: AbortSignal[]
  /** Streams that were begun and have not ended. */
  open: number
}

/** Answers the n-th request by the n-th response, and those behind the last by the last. */
export function scripted(...responses: Response[]): ScriptedModel {
  const model: ScriptedModel = Object.assign(
    async function* (request: ModelRequest, { signal }: { signal: AbortSignal }): AsyncGenerator<ModelEvent> {
      model.requests.push(structuredClone(request))
      model.signals.push(signal)
      const response = responses[Math.min(model.requests.length, responses.length) - 1] ?? []
      model.open++
      try {
        yield* typeof response === 'function' ? response(signal) : response
      } finally {
        model.open--
      }
    },
    { requests: [], signals: [], open: 0 },
  )
  return model
}

export const usage = { inputTokens: 10, outputTokens: 5, cachedTokens: 2, reasoningTokens: 1 }

/** Says a text in pieces, as one message. */
export function says(...pieces: string[]): ModelEvent[] {
  return [
    ...pieces.map(text => ({ type: 'text', text }) as const),
    { type: 'item', item: { type: 'message', role: 'assistant', text: pieces.join('') } },
    { type: 'finish', reason: 'stop', usage },
  ]
}

/** Calls tools, side by side. */
export function calls(...called: [name: string, args: unknown, callId?: string][]): ModelEvent[] {
  return [
    ...called.map(([name, args, callId], index): ModelEvent => {
      const text = typeof args === 'string' ? args : JSON.stringify(args)
      return { type: 'item', item: { type: 'tool_call', callId: callId ?? `${name}-${index}`, name, arguments: text } }
    }),
    { type: 'finish', reason: 'tool_calls', usage },
  ]
}

/** Waits until the signal aborts, then fails as clients do. */
export function untilAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(new DOMException('This operation was aborted', 'AbortError'))
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}

/** Says something, then nothing more until the signal aborts. */
export function stalls(...pieces: string[]): Response {
  return async function* (signal) {
    for (const text of pieces) yield { type: 'text', text }
    await untilAbort(signal)
  }
}
