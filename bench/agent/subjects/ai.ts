import { importPeer, peerVersion } from '../../peers/peers.ts'
import type { Client, Subject } from './subject.ts'

interface AiModule {
  streamText(options: {
    model: unknown
    prompt: string
    abortSignal: AbortSignal
    maxRetries: number
    onError: () => void
  }): { readonly fullStream: AsyncIterable<unknown> }
}

/** As much of the package for OpenAI as is used. */
interface AiOpenAIModule {
  createOpenAI(options: { baseURL: string; apiKey: string }): { responses(model: string): unknown }
}

export const AI: readonly Subject[] = [subject('ai', '@ai-sdk/openai'), subject('ai-6', 'ai-sdk-openai-3')]

function subject(name: string, provider: string): Subject {
  return {
    name,
    title: () => `ai ${peerVersion(name)}`,
    about: `\`streamText()\` with @ai-sdk/openai ${peerVersion(provider)}, read by \`fullStream\`; it has no cancel of its own.`,
    ways: ['abort', 'break'],
    open: origin => open(name, provider, origin),
  }
}

async function open(name: string, provider: string, origin: string): Promise<Client> {
  const ai = await importPeer<AiModule>(name)
  const provided = await importPeer<AiOpenAIModule>(provider)
  const openai = provided.createOpenAI({ baseURL: `${origin}/v1`, apiKey: 'none' })
  return async ({ model, signal }) => {
    const options = { prompt: 'Go on.', abortSignal: signal, maxRetries: 0, onError: () => {} }
    const { fullStream } = ai.streamText({ model: openai.responses(model), ...options })
    return { events: fullStream, isText }
  }
}

function isText(part: unknown): boolean {
  const { type }: { type?: unknown } = Object(part)
  return type === 'text-delta'
}
