import { importPeer, peerVersion } from '../../peers/peers.ts'
import type { Client, Subject } from './subject.ts'

/** As much of the package as is used, in all its versions. */
interface OpenAIModule {
  readonly default: new (options: { baseURL: string; apiKey: string; maxRetries: number }) => {
    readonly responses: {
      create(body: object, options: { signal: AbortSignal }): Promise<BareStream>
      stream(body: object, options: { signal: AbortSignal }): HelperStream
    }
    readonly chat: {
      readonly completions: { create(body: object, options: { signal: AbortSignal }): Promise<BareStream> }
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

/** The packages side by side: the newest, and the newest of older lines that are in use. */
const PACKAGES = ['openai', 'openai-6', 'openai-4'] as const

export const OPENAI: readonly Subject[] = [
  ...PACKAGES.map((name): Subject => ({
    name,
    title: () => `openai ${peerVersion(name)}`,
    about: '`responses.create({ stream: true })`; its own cancel is `stream.controller.abort()`.',
    ways: ['cancel', 'abort', 'break'],
    open: origin => openBare(name, origin),
  })),
  ...PACKAGES.map((name): Subject => ({
    name: `${name}-stream`,
    title: () => `openai ${peerVersion(name)} \`.stream()\``,
    about: '`responses.stream()`; its own cancel is `stream.abort()`.',
    ways: ['cancel', 'abort', 'break'],
    open: origin => openHelper(name, origin),
  })),
  {
    name: 'openai-chat',
    title: () => `openai ${peerVersion('openai')}, chat`,
    about: '`chat.completions.create({ stream: true })`; its own cancel is `stream.controller.abort()`.',
    ways: ['cancel', 'abort', 'break'],
    open: openChat,
  },
]

async function openBare(name: string, origin: string): Promise<Client> {
  const client = await connect(name, origin)
  return async ({ model, signal }) => {
    const events = await client.responses.create({ model, input: 'Go on.', stream: true }, { signal })
    return { events, isText: isTextDelta, cancel: () => events.controller.abort() }
  }
}

async function openHelper(name: string, origin: string): Promise<Client> {
  const client = await connect(name, origin)
  return async ({ model, signal }) => {
    const events = client.responses.stream({ model, input: 'Go on.' }, { signal })
    // Told apart from the iteration that an abort ends it; that nobody listens would end the process.
    events.done().catch(() => {})
    return { events, isText: isTextDelta, cancel: () => events.abort() }
  }
}

async function openChat(origin: string): Promise<Client> {
  const client = await connect('openai', origin)
  return async ({ model, signal }) => {
    const messages = [{ role: 'user', content: 'Go on.' }]
    const events = await client.chat.completions.create({ model, messages, stream: true }, { signal })
    return { events, isText: isChatText, cancel: () => events.controller.abort() }
  }
}

async function connect(name: string, origin: string): Promise<InstanceType<OpenAIModule['default']>> {
  const { default: OpenAI } = await importPeer<OpenAIModule>(name)
  return new OpenAI({ baseURL: `${origin}/v1`, apiKey: 'none', maxRetries: 0 })
}

function isTextDelta(event: unknown): boolean {
  const { type }: { type?: unknown } = Object(event)
  return type === 'response.output_text.delta'
}

function isChatText(event: unknown): boolean {
  const { choices }: { choices?: readonly { delta?: { content?: string | null } }[] } = Object(event)
  return Boolean(choices?.[0]?.delta?.content)
}
