/**
 * `streamText` added two `abort` listeners per step to the caller's signal, and never removed them; they hold the messages, the
 * steps and the chunks of the call.
 * https://github.com/vercel/ai/issues/19367, fixed in 6.0.266.
 */
import type { Fix, Trial } from '../fix.ts'

interface Ai {
  streamText(options: object): { readonly textStream: AsyncIterable<string> }
}

export const fix: Fix = {
  package: 'ai',
  leak: 'abort listeners of each step of a streamText, and with them all of the call',
  source: 'https://github.com/vercel/ai/issues/19367',
}

const CHUNKS = [
  { type: 'stream-start', warnings: [] },
  { type: 'text-start', id: '1' },
  { type: 'text-delta', id: '1', delta: 'one' },
  { type: 'text-end', id: '1' },
  {
    type: 'finish',
    finishReason: { unified: 'stop', raw: 'stop' },
    usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } },
  },
]

/** A language model that says one word and then nothing more. */
const model = {
  specificationVersion: 'v3',
  provider: 'here',
  modelId: 'one-word',
  supportedUrls: {},
  doStream: async () => ({ stream: ReadableStream.from(CHUNKS) }),
}

export function prepare(ai: Ai): Trial {
  const { signal: abortSignal } = new AbortController()
  return {
    async scenario() {
      const { textStream } = ai.streamText({ model, prompt: 'Say a word.', abortSignal })
      for await (const _ of textStream);
    },
  }
}
