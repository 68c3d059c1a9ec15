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
  createOpenAI(options: { baseURL: string; apiKey: string }): { responses(model: string): ProviderModel }
}

interface ProviderModel {
  doStream(options: object): Promise<{ readonly stream: ReadableStream<unknown> }>
}

export const AI: readonly Subject[] = [
  {
    name: 'ai-model',
    title: () => `@ai-sdk/openai ${peerVersion('@ai-sdk/openai')}`,
    about: '`model.doStream()`, as `ai` and ours call it; it has no cancel of its own.',
    ways: ['abort', 'break'],
    open: openModel,
  },
  subject('ai', '@ai-sdk/openai'),
  subject('ai-6', 'ai-sdk-openai-3'),
]

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

async function openModel(origin: string): Promise<Client> {
  const provided = await importPeer<AiOpenAIModule>('@ai-sdk/openai')
  const openai = provided.createOpenAI({ baseURL: `${origin}/v1`, apiKey: 'none' })
  const prompt = [{ role: 'user', content: [{ type: 'text', text: 'Go on.' }] }]
  return async ({ model, signal }) => {
    const { stream } = await openai.responses(model).doStream({ prompt, abortSignal: signal })
    return { events: stream, isText }
  }
}

function isText(part: unknown): boolean {
  const { type }: { type?: unknown } = Object(part)
  return type === 'text-delta'
}
