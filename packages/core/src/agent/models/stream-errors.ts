import { OakumError } from '../../errors/index.ts'

/** The stream ended before the event that ends a response. */
export function cutShort(service: string, cause?: unknown): OakumError {
  return new OakumError('MODEL_PROTOCOL', `The stream of ${service} ended before the response did.`, {
    cause,
    facts: { retryable: true },
  })
}

/** What came is no stream of events: the page of a proxy, or a service that does not stream. */
export function notAStream(service: string, contentType: string): OakumError {
  const message = `${service} answered with ${contentType}, not with a stream of events: is the base URL right, and does it stream?`
  return new OakumError('MODEL_PROTOCOL', message, { facts: { retryable: false, contentType } })
}

/** An event that is no JSON. Mangled on its way, most likely: another try may go well. */
export function brokenEvent(service: string, cause: unknown): OakumError {
  return new OakumError('MODEL_PROTOCOL', `${service} sent an event that is no JSON.`, {
    cause,
    facts: { retryable: true },
  })
}

/** What a service says of an error in the middle of its stream. What is left out is not known. */
export interface StreamFailure {
  readonly message: string
  readonly status?: number | undefined
  readonly code?: string | number | undefined
  readonly retryable?: boolean | undefined
}

export function failedInStream(service: string, failure: StreamFailure, cause: unknown): OakumError {
  const { message, ...facts } = failure
  const known = Object.entries(facts).filter(([, value]) => value !== undefined)
  return new OakumError('MODEL_FAILED', `${service} failed: ${message}`, { cause, facts: Object.fromEntries(known) })
}
