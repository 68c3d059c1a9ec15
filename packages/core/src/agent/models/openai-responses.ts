/**
 * The port for OpenAI's Responses, by a client of the package `openai` (4.96 and later), and for services that are compatible.
 *
 * - Retries are the loop's: the client's own are off for its requests.
 * - Nothing is stored at the service unless `store` says so: each request has the whole conversation, and reasoning goes back as it came,
 *   encrypted. Reasoning of other services is left out.
 * - Events that it does not know are left out, with one warning for each type.
 */
import { OakumError } from '../../errors/error.ts'
import type { Model, ModelRequest } from '../model.ts'
import { CallIds } from './call-ids.ts'
import { ResponsesReader, type ResponsesEvent } from './openai-responses-events.ts'
import { responsesInput } from './openai-responses-input.ts'
import { elementsOf } from './reading.ts'
import { streamingModel, type ClientOptions, type StreamPromise } from './streaming-model.ts'

/** What the port needs of a client. Whoever made the client closes it. */
export interface OpenAIResponsesClient {
  readonly responses: {
    create(body: object, options: ClientOptions): StreamPromise<ResponsesEvent>
  }
}

export interface OpenAIResponsesOptions {
  /** The model's name at the service. */
  readonly model: string
  /**
   * Whether the service stores the responses. Only then can a run go on from a `previousResponseId`.
   * @default false
   */
  readonly store?: boolean
  /**
   * Whether the service is asked for its reasoning, encrypted, so that it can go back without being stored. Models that do not
   * reason refuse to be asked.
   * @default where nothing is stored, unless the model is of the families GPT-3 or GPT-4, tuned ones included, or a chat model of a later one
   */
  readonly encryptedReasoning?: boolean
  /** More for the request's body, such as `{ reasoning: { effort: 'low' } }`; what the port itself sends wins. */
  readonly params?: Readonly<Record<string, unknown>>
}

/**
 * A model by OpenAI's Responses.
 *
 * @example
 * const model = openaiResponses(new OpenAI(), { model: 'gpt-5.2', params: { reasoning: { summary: 'auto' } } })
 */
export function openaiResponses(client: OpenAIResponsesClient, options: OpenAIResponsesOptions): Model {
  return streamingModel({
    service: 'OpenAI',
    open: (request, clientOptions) => client.responses.create(requestBody(request, options), clientOptions),
    reader: request => new ResponsesReader(new CallIds(request.items)),
  })
}

function requestBody(request: ModelRequest, options: OpenAIResponsesOptions): object {
  const { instructions, items, tools, previousResponseId } = request
  const { model, store = false, encryptedReasoning = !store && mayReason(model), params = {} } = options
  if (previousResponseId !== undefined && !store) {
    throw new OakumError(
      'INVALID_OPTION',
      'previousResponseId needs a response that the service has stored: give openaiResponses the option store: true.',
    )
  }
  return {
    ...params,
    model,
    store,
    stream: true,
    input: responsesInput(items, { store }),
    ...(instructions !== undefined && { instructions }),
    ...(previousResponseId !== undefined && { previous_response_id: previousResponseId }),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, parameters }) => ({
        type: 'function',
        name,
        description,
        parameters,
        strict: false,
      })),
    }),
    ...(encryptedReasoning && { include: [...elementsOf(params.include), 'reasoning.encrypted_content'] }),
  }
}

function mayReason(model: string): boolean {
  return !/^(?:.*[/:])?(?:chat)?gpt-(?:[34]|[\d.]+-chat)/.test(model)
}
