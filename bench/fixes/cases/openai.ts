/**
 * A stream of a chat completion added an `abort` listener to the caller's signal, and left it there when the stream had ended;
 * it holds the stream with all its messages.
 * https://github.com/openai/openai-node/issues/1884, fixed in 6.45.0.
 */
import type { Fix, Trial } from '../fix.ts'

interface OpenAI {
  default: new (options: object) => {
    chat: { completions: { stream(body: object, options: { signal: AbortSignal }): { done(): Promise<void> } } }
  }
}

export const fix: Fix = {
  package: 'openai',
  leak: 'abort listener of a stream that has ended, and with it the stream',
  source: 'https://github.com/openai/openai-node/issues/1884',
}

const CHUNK = {
  id: 'chat-1',
  object: 'chat.completion.chunk',
  created: 0,
  model: 'one-word',
  choices: [{ index: 0, delta: { role: 'assistant', content: 'one' }, finish_reason: 'stop' }],
}
const EVENTS = `data: ${JSON.stringify(CHUNK)}\n\ndata: [DONE]\n\n`

/** Stands for the server. */
const fetch = async (): Promise<Response> => new Response(EVENTS, { headers: { 'content-type': 'text/event-stream' } })

export function prepare({ default: Client }: OpenAI): Trial {
  const client = new Client({ apiKey: 'none', fetch })
  const { signal } = new AbortController()
  const body = { model: 'one-word', messages: [{ role: 'user', content: 'Say a word.' }] }
  return { scenario: () => client.chat.completions.stream(body, { signal }).done() }
}
