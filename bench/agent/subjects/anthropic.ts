import { importPeer, peerVersion } from '../../peers/peers.ts'
import type { Client, Subject } from './subject.ts'

interface AnthropicModule {
  readonly default: new (options: { baseURL: string; apiKey: string; maxRetries: number }) => {
    readonly messages: {
      create(body: object, options: { signal: AbortSignal }): Promise<BareStream>
      stream(body: object, options: { signal: AbortSignal }): HelperStream
    }
  }
}

interface BareStream extends AsyncIterable<unknown> {
  readonly controller: AbortController
}

interface HelperStream extends AsyncIterable<unknown> {
  abort(): void
  done(): Promise<void>
}

export const ANTHROPIC: readonly Subject[] = [
  {
    name: 'anthropic',
    title: () => `@anthropic-ai/sdk ${peerVersion('@anthropic-ai/sdk')}`,
    about: '`messages.create({ stream: true })`; its own cancel is `stream.controller.abort()`.',
    ways: ['cancel', 'abort', 'break'],
    async open(origin): Promise<Client> {
      const client = await connect(origin)
      return async ({ model, signal }) => {
        const events = await client.messages.create({ ...body(model), stream: true }, { signal })
        return { events, isText, cancel: () => events.controller.abort() }
      }
    },
  },
  {
    name: 'anthropic-stream',
    title: () => `@anthropic-ai/sdk ${peerVersion('@anthropic-ai/sdk')} \`.stream()\``,
    about: '`messages.stream()`; its own cancel is `stream.abort()`.',
    ways: ['cancel', 'abort', 'break'],
    async open(origin): Promise<Client> {
      const client = await connect(origin)
      return async ({ model, signal }) => {
        const events = client.messages.stream(body(model), { signal })
        // Told apart from the iteration that an abort ends it; that nobody listens would end the process.
        events.done().catch(() => {})
        return { events, isText, cancel: () => events.abort() }
      }
    },
  },
]

async function connect(origin: string): Promise<InstanceType<AnthropicModule['default']>> {
  const { default: Anthropic } = await importPeer<AnthropicModule>('@anthropic-ai/sdk')
  return new Anthropic({ baseURL: origin, apiKey: 'none', maxRetries: 0 })
}

function body(model: string): object {
  return { model, max_tokens: 1_000, messages: [{ role: 'user', content: 'Go on.' }] }
}

function isText(event: unknown): boolean {
  const { type, delta }: { type?: unknown; delta?: { type?: unknown } } = Object(event)
  return type === 'content_block_delta' && delta?.type === 'text_delta'
}
