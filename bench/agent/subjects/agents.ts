import { importPeer, peerVersion } from '../../peers/peers.ts'
import type { Client, Subject } from './subject.ts'

interface AgentsModule {
  readonly Agent: new (options: { name: string; model: string }) => unknown
  readonly OpenAIProvider: new (options: { baseURL: string; apiKey: string; useResponses: boolean }) => unknown
  readonly Runner: new (options: { modelProvider: unknown; tracingDisabled: boolean }) => {
    run(agent: unknown, input: string, options: { stream: true; signal: AbortSignal }): Promise<AgentsResult>
  }
}

interface AgentsResult extends AsyncIterable<unknown> {
  readonly completed: Promise<void>
}

export const AGENTS: readonly Subject[] = [
  {
    name: 'agents',
    title: () => `@openai/agents ${peerVersion('@openai/agents')}`,
    about: '`runner.run(agent, input, { stream: true })`, tracing off; it has no cancel of its own.',
    ways: ['abort', 'break'],
    open,
  },
]

async function open(origin: string): Promise<Client> {
  const { Agent, OpenAIProvider, Runner } = await importPeer<AgentsModule>('@openai/agents')
  const modelProvider = new OpenAIProvider({ baseURL: `${origin}/v1`, apiKey: 'none', useResponses: true })
  const runner = new Runner({ modelProvider, tracingDisabled: true })
  return async ({ model, signal }) => {
    const events = await runner.run(new Agent({ name: 'bench', model }), 'Go on.', { stream: true, signal })
    // Told apart from the iteration that an abort ends it; that nobody listens would end the process.
    events.completed.catch(() => {})
    return { events, isText }
  }
}

function isText(event: unknown): boolean {
  const { data }: { data?: { type?: unknown } } = Object(event)
  return data?.type === 'output_text_delta'
}
