/**
 * The port for the language models of Vercel's AI SDK, as its providers make them: `openai('gpt-5.2')`, `google('gemini-3')`; of the
 * interface's versions 2 to 4.
 *
 * - Retries are the loop's: a provider's model makes none of its own, other than the functions of the package `ai`.
 * - What a provider tells of an item beside its text (signatures, encrypted reasoning) goes back to it with the item. Reasoning of
 *   other providers is left out.
 * - Left out, with a warning for each kind: sources, files, and the tools that a provider runs itself.
 * - OpenAI's Responses store nothing unless `params.providerOptions.openai.store` says so. Only what was stored there can be gone on
 *   from: all else that has a `previousResponseId` is refused.
 */
import { OakumError } from '../../errors/error.ts'
import type { Model } from '../model.ts'
import { callOptions } from './ai-sdk-input.ts'
import { PartsReader, type StreamPart } from './ai-sdk-parts.ts'
import { CallIds } from './call-ids.ts'
import { fieldsOf } from './reading.ts'
import { cutShort, notAStream } from './stream-errors.ts'
import { streamingModel } from './streaming-model.ts'

/** A language model of the AI SDK, as far as it is used. */
export interface AiSdkModel {
  readonly specificationVersion: string
  /** As `openai.responses`. */
  readonly provider: string
  doStream(options: { readonly abortSignal?: AbortSignal }): PromiseLike<AiSdkStream>
}

interface AiSdkStream {
  readonly stream: PartStream
  readonly response?: { readonly headers?: Readonly<Record<string, string>> }
}

/** A `ReadableStream`. */
interface PartStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: StreamPart | undefined }>
    cancel(reason?: unknown): Promise<void>
    releaseLock(): void
  }
}

export interface AiSdkOptions {
  /** More for the call, such as `{ temperature: 0, providerOptions: { google: { … } } }`; what the port itself sends wins. */
  readonly params?: Readonly<Record<string, unknown>>
}

const VERSIONS: ReadonlySet<string> = new Set(['v2', 'v3', 'v4'])

/**
 * A model by a provider of the AI SDK.
 *
 * @example
 * const model = aiSdk(openai('gpt-5.2'))
 * @throws OakumError INVALID_OPTION
 */
export function aiSdk(model: AiSdkModel, { params = {} }: AiSdkOptions = {}): Model {
  if (!VERSIONS.has(model.specificationVersion)) {
    const message = 'aiSdk takes a language model of a provider of the AI SDK, of the version v2, v3 or v4.'
    throw new OakumError('INVALID_OPTION', message, { facts: { version: model.specificationVersion } })
  }
  return streamingModel({
    service: model.provider,
    open: (request, { signal }) => open(model, callOptions(model.provider, params, request), signal),
    reader: request => new PartsReader(model.provider, new CallIds(request.items)),
  })
}

async function open(model: AiSdkModel, options: object, signal: AbortSignal): Promise<AsyncGenerator<StreamPart>> {
  const { stream, response } = await start(model, { ...options, abortSignal: signal })
  const contentType = response?.headers?.['content-type'] ?? ''
  // A provider takes a page for a stream in which nothing is.
  if (/\b(?:html|json)\b/.test(contentType)) throw notAStream(model.provider, contentType)
  return partsOf(stream, signal)
}

async function start(model: AiSdkModel, options: { readonly abortSignal: AbortSignal }): Promise<AiSdkStream> {
  try {
    return await model.doStream(options)
  } catch (error) {
    // Some providers read the stream up to its first text before they give it away.
    throw fieldsOf(error).statusCode === 200 ? cutShort(model.provider, error) : error
  }
}

/** Reads one part for each that is asked for. When it is over, the stream is cancelled, and its lock released. */
async function* partsOf(stream: PartStream, signal: AbortSignal): AsyncGenerator<StreamPart> {
  const reader = stream.getReader()
  // Ends the read that is under way, whether or not the provider listens to the signal.
  const cancel = (): void => void reader.cancel(signal.reason).catch(ignore)
  if (signal.aborted) cancel()
  else signal.addEventListener('abort', cancel, { once: true })
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      if (value) yield value
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    await reader.cancel().catch(ignore)
    reader.releaseLock()
  }
}

/** A stream that broke rejects its cancel with what broke it, which its read has told already. */
function ignore(): void {}
