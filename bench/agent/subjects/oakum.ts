import { AgentLoop } from '../../../packages/core/src/agent/agent-loop.ts'
import type { Limits } from '../../../packages/core/src/agent/limits.ts'
import type { Model } from '../../../packages/core/src/agent/model.ts'
import { aiSdk, type AiSdkModel } from '../../../packages/core/src/agent/models/ai-sdk.ts'
import { anthropic, type AnthropicClient } from '../../../packages/core/src/agent/models/anthropic.ts'
import { openaiChat, type OpenAIChatClient } from '../../../packages/core/src/agent/models/openai-chat.ts'
import {
  openaiResponses,
  type OpenAIResponsesClient,
} from '../../../packages/core/src/agent/models/openai-responses.ts'
import type { RunEvent } from '../../../packages/core/src/agent/run-events.ts'
import { importPeer } from '../../peers/peers.ts'
import type { ModelName } from '../models.ts'
import type { Client, Subject } from './subject.ts'

/** Ours, around a client. */
export interface OurSubject extends Subject {
  /** The peer that is its client by itself. */
  readonly around: string
  /** Opens a client, and makes models of it. */
  connect(origin: string): Promise<(model: ModelName) => Model>
}

/** Short, so that the conversation is as long as it gets before anything is measured. */
export const LIMITS: Partial<Limits> = { historyItems: 10, turns: Infinity }

/** How a package for one service is opened. */
type ClientModule<T> = { readonly default: new (options: { baseURL: string; apiKey: string }) => T }

export const OURS: readonly OurSubject[] = [
  ours('responses', 'openai', async origin => {
    const { default: OpenAI } = await importPeer<ClientModule<OpenAIResponsesClient>>('openai')
    const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: 'none' })
    return model => openaiResponses(client, { model })
  }),
  ours('chat', 'openai-chat', async origin => {
    const { default: OpenAI } = await importPeer<ClientModule<OpenAIChatClient>>('openai')
    const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: 'none' })
    return model => openaiChat(client, { model })
  }),
  ours('anthropic', 'anthropic', async origin => {
    const { default: Anthropic } = await importPeer<ClientModule<AnthropicClient>>('@anthropic-ai/sdk')
    const client = new Anthropic({ baseURL: origin, apiKey: 'none' })
    return model => anthropic(client, { model, maxTokens: 1_000 })
  }),
  ours('ai', 'ai-model', async origin => {
    const provided = await importPeer<AiOpenAIModule>('@ai-sdk/openai')
    const openai = provided.createOpenAI({ baseURL: `${origin}/v1`, apiKey: 'none' })
    return model => aiSdk(openai.responses(model))
  }),
]

interface AiOpenAIModule {
  createOpenAI(options: { baseURL: string; apiKey: string }): { responses(model: string): AiSdkModel }
}

function ours(name: string, around: string, connect: OurSubject['connect']): OurSubject {
  const port = { responses: 'openaiResponses', chat: 'openaiChat', anthropic: 'anthropic', ai: 'aiSdk' }[name]
  return {
    name: `oakum-${name}`,
    title: () => `Oakum, \`${port}\``,
    about: 'One `AgentLoop` around the client, and `loop.run()`; its own cancel is `await loop.cancel()`.',
    ways: ['cancel', 'abort', 'break'],
    around,
    connect,
    open: async origin => clientOf(await connect(origin)),
  }
}

/** One loop for each model, whose runs follow one another in one conversation. */
function clientOf(connect: (model: ModelName) => Model): Client {
  const loops = new Map<ModelName, AgentLoop>()
  return async ({ model, signal }) => {
    const loop = loops.get(model) ?? new AgentLoop({ model: connect(model), limits: LIMITS })
    loops.set(model, loop)
    return { events: loop.run('Go on.', { signal }), isText, cancel: () => loop.cancel() }
  }
}

function isText(event: unknown): boolean {
  const { type }: Partial<RunEvent> = Object(event)
  return type === 'text'
}
