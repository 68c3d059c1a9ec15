/**
 * Asks the model for one turn, again and again where that may help.
 *
 * Each request has a scope of its own, and with it a fresh signal that nobody else listens on. Closing that scope, in `finally`, aborts
 * the signal, ends the stream and takes the request from its run: nothing of it outlives it, however it ended.
 */
import { OakumError, throwIfAborted } from '../../errors/index.ts'
import type { Scope } from '../../scope/index.ts'
import { CallbackFailure } from '../callback-failure.ts'
import type { ModelItem } from '../items.ts'
import type { ModelEvent, ModelRequest, StopReason, Usage } from '../model.ts'
import { nextTry } from '../retry/next-try.ts'
import { sleep } from '../retry/sleep.ts'
import type { RunEvent } from '../run-events.ts'
import type { Settings } from '../settings.ts'
import { inSpan, type LoopSpan, type SpanAttributes } from '../spans.ts'
import { NO_USAGE, usageAttributes } from '../usage.ts'
import type { TurnOutput } from './turn-output.ts'

/** The task in which a loop waits until it asks again. */
export const BACK_OFF = 'back-off'

/** Milliseconds that a stream may take to end behind the response. */
const END_TIMEOUT = 500
/** Milliseconds that a stream may take to go once it was told to; one that refuses is named when its run ends. */
const CLOSE_TIMEOUT = 5_000

export interface RespondOptions {
  readonly settings: Settings
  /** The run's. */
  readonly scope: Scope
  readonly signal: AbortSignal
  /** Collects what comes; the run has it, too, to save what there is when it is cancelled. */
  readonly output: TurnOutput
  /** The turn's. */
  readonly span: LoopSpan
  readonly emit: (event: RunEvent) => Promise<void>
  readonly deliver: (item: ModelItem) => Promise<void>
  readonly loading: (loading: boolean) => void
}

/** How a response ended. */
export interface Response {
  readonly id: string | undefined
  readonly reason: StopReason
  readonly usage: Usage
}

/** @throws MODEL_FAILED, MODEL_PROTOCOL; ABORTED, or the Oakum error that the signal was aborted with. */
export async function respond(request: ModelRequest, options: RespondOptions): Promise<Response> {
  const { settings, scope, signal, output, span, emit } = options
  for (let retry = 1; ; retry++) {
    try {
      const call = span.start('call', 'request', { 'oakum.retry': retry - 1 })
      return await inSpan(call, signal, () => ask(request, options), attributesOf)
    } catch (error) {
      throwIfAborted(signal)
      if (error instanceof CallbackFailure) throw error
      const next = nextTry(error, retry, settings.retry)
      if ('error' in next) throw next.error
      output.restart()
      await emit({ type: 'retry', retry, wait: next.wait, error })
      await scope.task(BACK_OFF, waiting => sleep(next.wait, waiting))
    }
  }
}

function attributesOf({ id, usage }: Response): SpanAttributes {
  return { ...(id === undefined ? {} : { 'gen_ai.response.id': id }), ...usageAttributes(usage) }
}

async function ask(request: ModelRequest, options: RespondOptions): Promise<Response> {
  const { settings, scope, signal, loading } = options
  // What the stream of a cancelled request still has to say is of that cancel alone.
  const own = scope.child('request', { onError: () => {}, closeTimeout: CLOSE_TIMEOUT })
  try {
    loading(true)
    const stream = own.iterate(assertStream(settings.model(request, { signal: own.signal })))
    // Read to its end, a connection can be used again; one that stays open behind the response is not worth waiting for.
    const finished = (): unknown => own.timeout(() => void release(own), END_TIMEOUT)
    const response = await read(stream, options, finished)
    throwIfAborted(signal)
    if (response !== undefined) return response
    throw new OakumError('MODEL_PROTOCOL', 'The stream of the model ended in the middle.', {
      facts: { retryable: true },
    })
  } finally {
    // A run that ends closes it, and tells what refused; it would have this very task to name as well, if that waited.
    if (!signal.aborted) {
      await release(own)
      loading(false)
    }
  }
}

/** Who has no types may well give a promise of a stream. */
function assertStream(answer: AsyncIterable<ModelEvent>): AsyncIterable<ModelEvent> {
  if (typeof answer?.[Symbol.asyncIterator] === 'function') return answer
  const message =
    'The model must return an async iterable, as an async generator does, not a promise or something else.'
  throw new OakumError('MODEL_PROTOCOL', message, { facts: { retryable: false } })
}

/**
 * What the release of a stream throws is no failure of a response that came to its end, and hides none of one that did not. Where
 * it comes of a cancel, that tells of it.
 */
async function release(request: Scope): Promise<void> {
  await request.close().catch(() => {})
}

/**
 * Reads a stream to its end; undefined when that did not say that it was the end. What comes behind the response counts for nothing.
 *
 * Not by `for await`: that would wait for the end of the stream without a limit when something in its body throws.
 */
async function read(
  stream: AsyncIterator<ModelEvent>,
  options: RespondOptions,
  finished: () => void,
): Promise<Response | undefined> {
  const { output, emit, deliver } = options
  let id: string | undefined
  let response: Response | undefined
  try {
    for (let next = await stream.next(); next.done !== true; next = await stream.next()) {
      if (response !== undefined) continue
      const event = next.value
      switch (event.type) {
        case 'text':
        case 'reasoning': {
          const { items, text } = output.piece(event.type === 'text' ? 'message' : 'reasoning', event.text)
          for (const item of items) await deliver(item)
          if (text !== '') await emit(text === event.text ? event : { type: event.type, text })
          break
        }
        case 'item':
          for (const item of output.item(event.item)) await deliver(item)
          break
        case 'finish':
          response = { id, reason: event.reason, usage: event.usage ?? NO_USAGE }
          finished()
          break
        case 'response':
          ;({ id } = event)
          await emit(event)
          break
        case 'warning':
          await emit(event)
      }
    }
  } catch (error) {
    if (response === undefined) throw error
  }
  return response
}
