/**
 * The port for Anthropic's Messages, by a client of the package `@anthropic-ai/sdk`.
 *
 * - Retries are the loop's: the client's own are off for its requests.
 * - Thoughts go back as they came, with their signature; those of other services are left out.
 * - Instructions and system messages go into `system`. Usage counts what was read from and written to a cache as input.
 * - It has no responses to go on from: a request with `previousResponseId` is refused.
 */
import type { Model } from '../model.ts'
import { messagesBody, SERVICE } from './anthropic-input.ts'
import { MessagesReader, type MessagesEvent } from './anthropic-events.ts'
import { CallIds } from './call-ids.ts'
import { streamingModel, type ClientOptions, type StreamPromise } from './streaming-model.ts'

/** What the port needs of a client. Whoever made the client closes it. */
export interface AnthropicClient {
  readonly messages: { create(body: object, options: ClientOptions): StreamPromise<MessagesEvent> }
}

export interface AnthropicOptions {
  /** The model's name at the service. */
  readonly model: string
  /** Tokens that an answer may have, thoughts included. */
  readonly maxTokens: number
  /** More for the request's body, such as `{ thinking: { type: 'enabled', budget_tokens: 2_000 } }`; what the port itself sends wins. */
  readonly params?: Readonly<Record<string, unknown>>
}

/**
 * A model of Anthropic's.
 *
 * @example
 * const model = anthropic(new Anthropic(), { model: 'claude-sonnet-5-5', maxTokens: 8_000 })
 */
export function anthropic(client: AnthropicClient, options: AnthropicOptions): Model {
  return streamingModel({
    service: SERVICE,
    open: (request, clientOptions) => client.messages.create(messagesBody(options, request), clientOptions),
    reader: request => new MessagesReader(new CallIds(request.items)),
  })
}
