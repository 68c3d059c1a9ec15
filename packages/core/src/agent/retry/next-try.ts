import { inspect } from 'node:util'
import { OakumError } from '../../errors/error.ts'
import { backoff } from './backoff.ts'
import { classify, type Failure } from './classify.ts'
import { errorChain, isLink } from './error-chain.ts'
import type { RetrySettings } from './options.ts'

/** Characters. Some services answer with a whole page. */
const LONGEST_TEXT = 1_000

/** When a request that failed is made again; or what the run fails with. */
export type NextTry = { readonly wait: number } | { readonly error: unknown }

export interface NextTryOptions {
  /** Wall time in milliseconds. @default Date.now() */
  now?: number
  /** 0 to 1. @default Math.random */
  random?: () => number
}

/**
 * Decides on a request that failed. `retry` counts from 1: the number that the next try would have.
 *
 * Errors of Oakum are passed on as they are; others become the cause of a MODEL_FAILED, whose facts say the `status`, how many
 * `retries` there were, and how long a wait was asked for (`retryAfter`).
 */
export function nextTry(error: unknown, retry: number, settings: RetrySettings, options: NextTryOptions = {}): NextTry {
  const failure = classify(error, options.now)
  if (!failure.retryable || retry > settings.retries) return { error: failed(error, failure, retry - 1) }
  if (failure.wait === undefined) return { wait: backoff(retry, settings, options.random) }
  if (failure.wait <= settings.maxWait) return { wait: failure.wait }
  return { error: tooLong(error, failure, retry - 1, settings) }
}

function failed(error: unknown, failure: Failure, retries: number): unknown {
  if (error instanceof OakumError) return error
  const after = retries === 0 ? '' : ` after ${retries} ${retries === 1 ? 'retry' : 'retries'}`
  return new OakumError('MODEL_FAILED', `The model failed${after}: ${textOf(error)}`, {
    cause: error,
    facts: factsOf(failure, retries),
  })
}

function tooLong(error: unknown, failure: Failure, retries: number, { maxWait }: RetrySettings): OakumError {
  const asked = `${((failure.wait ?? 0) / 1_000).toFixed(1)} s`
  const message = `The model's service asks to wait ${asked}, longer than retry.maxWait (${maxWait} ms) allows: ${textOf(error)}`
  return new OakumError('MODEL_FAILED', message, { cause: error, facts: factsOf(failure, retries) })
}

function factsOf({ status, wait, retryable }: Failure, retries: number): Record<string, unknown> {
  return {
    retryable,
    retries,
    ...(status === undefined ? {} : { status }),
    ...(wait === undefined ? {} : { retryAfter: wait }),
  }
}

/** What an error says, and what led to it first: "Connection error." alone does not say which. */
function textOf(error: unknown): string {
  const message = isLink(error) ? error.message : error
  const said = typeof message === 'string' ? message : inspect(error, { depth: 2, breakLength: Infinity })
  const source = errorChain(error).at(-1) ?? {}
  const reason = [source.message, source.code].find(each => typeof each === 'string' && each !== '')
  const text = typeof reason === 'string' && !said.includes(reason) ? `${said} (${reason})` : said
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)} …` : text
}
