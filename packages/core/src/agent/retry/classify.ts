/**
 * What to think of an error: whether the same request may go well the next time, and when.
 *
 * Errors are told by what they carry, never by a class that would have to be imported: those of the clients `openai`,
 * `@anthropic-ai/sdk` and `ai`, of `fetch` and Node's sockets, and Oakum's own (`facts.retryable`, `facts.retryAfter` in milliseconds,
 * `facts.status`). What nothing is known of is not tried again.
 */
import { isOakumError } from '../../errors/error.ts'
import { header, waitOfHeaders, waitOfMessage } from './asked-wait.ts'
import { errorChain, isLink, isOfClass, type Link } from './error-chain.ts'

/** What an error says. */
export interface Failure {
  readonly retryable: boolean
  /** Milliseconds that the service asked for. */
  readonly wait?: number
  /** Of HTTP. */
  readonly status?: number
}

/** Codes of Node and undici, for connections that could not be made, or did not last. */
const NETWORK_CODES = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_SOCKET',
])

/** What `fetch` says when the connection failed, or its body broke off. */
const NETWORK_MESSAGES = /^(?:fetch failed|terminated|network error|failed to fetch)$/i

/** Words of services, in a `code` or a `type`, for what passes; with a stream they come without a status. */
const PASSING = new Set([
  'api_error',
  'internal_error',
  'internal_server_error',
  'overloaded',
  'overloaded_error',
  'rate_limit_error',
  'rate_limit_exceeded',
  'server_error',
  'service_unavailable',
  'timeout_error',
])

/** And for what stays, although it comes with the status of a limit that passes. */
const STAYING = new Set(['billing_hard_limit_reached', 'insufficient_quota'])

/** @param now wall time in milliseconds, for headers that name a date */
export function classify(error: unknown, now: number = Date.now()): Failure {
  const links = errorChain(error)
  const status = first(links, statusOf)
  const wait = first(links, link => waitOf(link, now))
  return {
    retryable: isRetryable(links),
    ...(wait === undefined ? {} : { wait }),
    ...(status === undefined ? {} : { status }),
  }
}

function isRetryable(links: readonly Link[]): boolean {
  const told = first(links, link => booleanOf(factsOf(link).retryable))
  if (told !== undefined) return told
  if (links.some(isAbort)) return false
  return first(links, opinion) ?? false
}

/** Whether this error, for itself, says that another try may help. */
function opinion(link: Link): boolean | undefined {
  const words = wordsOf(link)
  if (words.some(word => STAYING.has(word))) return false
  const shouldRetry = first(headersOf(link), headers => header(headers, 'x-should-retry'))
  if (shouldRetry === 'true' || shouldRetry === 'false') return shouldRetry === 'true'
  const told = booleanOf(link.isRetryable)
  if (told !== undefined) return told
  const status = statusOf(link)
  if (status !== undefined) return status === 408 || status === 409 || status === 429 || status >= 500
  return words.some(word => PASSING.has(word)) || isNetworkError(link) || undefined
}

function isNetworkError(link: Link): boolean {
  if (typeof link.code === 'string' && NETWORK_CODES.has(link.code)) return true
  if (typeof link.message === 'string' && link.name === 'TypeError' && NETWORK_MESSAGES.test(link.message)) return true
  return link.name === 'TimeoutError' || isOfClass(link, 'APIConnectionError')
}

function isAbort(link: Link): boolean {
  if (isOakumError(link, 'ABORTED') || isOakumError(link, 'SCOPE_CLOSED')) return true
  return link.name === 'AbortError' || link.code === 'ABORT_ERR' || isOfClass(link, 'APIUserAbortError')
}

function statusOf(link: Link): number | undefined {
  const response = isLink(link.response) ? link.response : {}
  return [link.status, link.statusCode, factsOf(link).status, response.status].find(isStatus)
}

function waitOf(link: Link, now: number): number | undefined {
  const { retryAfter } = factsOf(link)
  if (typeof retryAfter === 'number' && retryAfter >= 0) return retryAfter
  return (
    first(headersOf(link), headers => waitOfHeaders(headers, now)) ??
    first([link, ...bodiesOf(link)], ({ message }) =>
      typeof message === 'string' ? waitOfMessage(message) : undefined,
    )
  )
}

function headersOf(link: Link): unknown[] {
  return [link.headers, link.responseHeaders, isLink(link.response) ? link.response.headers : undefined]
}

/** What a service calls the error. */
function wordsOf(link: Link): string[] {
  return [link, ...bodiesOf(link)].flatMap(({ code, type }) => [code, type]).filter(word => typeof word === 'string')
}

/** What a service answered, where the client put it into the error; services put the error itself into a field of that. */
function bodiesOf({ error, data }: Link): Link[] {
  return [error, data].filter(isLink).flatMap(body => [body, body.error].filter(isLink))
}

function factsOf(link: Link): Link {
  return isOakumError(link) ? link.facts : {}
}

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

function isStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 100 && value <= 599
}

/** The first answer that any of them has. */
function first<T, A>(values: readonly T[], ask: (value: T) => A | undefined): A | undefined {
  for (const value of values) {
    const answer = ask(value)
    if (answer !== undefined) return answer
  }
  return undefined
}
