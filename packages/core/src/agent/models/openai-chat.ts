/**
 * The port for OpenAI's Chat Completions, by a client of the package `openai` (4.96 and later), and for the many services that are
 * compatible: local ones, gateways, other makers of models.
 *
 * - Retries are the loop's: the client's own are off for its requests.
 * - Thoughts, which compatible services send as `reasoning_content` or `reasoning`, go back to them only if `sendReasoning` says so;
 *   the `reasoning_details` of gateways, which some models need to go on, do so always.
 * - The service stores nothing that could be gone on from: a request with `previousResponseId` is refused.
 * - Chunks that it does not know are left out, with one warning for each type.
 */
import { OakumError } from '../../errors/error.ts'
import type { Model, ModelRequest } from '../model.ts'
import { CallIds } from './call-ids.ts'
import { ChatReader, type ChatChunk } from './openai-chat-chunks.ts'
import { chatMessages } from './openai-chat-messages.ts'
import { fieldsOf } from './reading.ts'
import { streamingModel, type ClientOptions, type StreamPromise } from './streaming-model.ts'

/** What the port needs of a client. Whoever made the client closes it. */
export interface OpenAIChatClient {
  readonly chat: {
    readonly completions: { create(body: object, options: ClientOptions): StreamPromise<ChatChunk> }
  }
}

export interface OpenAIChatOptions {
  /** The model's name at the service. */
  readonly model: string
  /**
   * Whether the service is asked to count tokens. A few compatible ones refuse to be asked; usage is then not known.
   * @default true
   */
  readonly includeUsage?: boolean
  /**
   * Whether thoughts go back to the service that had them. Some want them back with each call of a tool, others refuse them.
   * @default false
   */
  readonly sendReasoning?: boolean
  /** More for the request's body, such as `{ temperature: 0 }`; what the port itself sends wins. */
  readonly params?: Readonly<Record<string, unknown>>
}

/**
 * A model by OpenAI's Chat Completions, or by a service that is compatible.
 *
 * @example
 * const client = new OpenAI({ baseURL: 'http://127.0.0.1:11434/v1', apiKey: 'none' })
 * const model = openaiChat(client, { model: 'qwen3-coder' })
 */
export function openaiChat(client: OpenAIChatClient, options: OpenAIChatOptions): Model {
  return streamingModel({
    service: 'the chat service',
    open: (request, clientOptions) => client.chat.completions.create(requestBody(request, options), clientOptions),
    reader: request => new ChatReader(new CallIds(request.items)),
  })
}

function requestBody(request: ModelRequest, options: OpenAIChatOptions): object {
  const { instructions, items, tools, previousResponseId } = request
  const { model, includeUsage = true, sendReasoning = false, params = {} } = options
  if (previousResponseId !== undefined) {
    const message = 'Chat Completions stores no responses: previousResponseId needs the port openaiResponses.'
    throw new OakumError('INVALID_OPTION', message)
  }
  return {
    ...params,
    model,
    stream: true,
    messages: chatMessages(instructions, items, { sendReasoning }),
    ...(includeUsage && { stream_options: { ...fieldsOf(params.stream_options), include_usage: true } }),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, parameters }) => ({
        type: 'function',
        function: { name, description, parameters },
      })),
    }),
  }
}
