/**
 * Alerts by HTTP.
 *
 * What its URL keeps secret, a password or a path that only the receiver knows, is never printed: of the URL errors name the
 * host alone.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { OakumError } from '@oakum/core/errors'
import { UsageError } from '../command/errors.ts'
import type { Alert } from './alert.ts'
import type { Send } from './queue.ts'

/** Milliseconds for one attempt. */
const TIMEOUT = 10_000
const ATTEMPTS = 5
/** Milliseconds before the second attempt; doubles with each. */
const RETRY_AFTER = 1_000
/** The longest wait that a receiver may ask for, milliseconds. */
const LONGEST_WAIT = 60_000

export interface WebhookOptions {
  /** Milliseconds for one attempt. @default 10_000 */
  timeout?: number
  /** Milliseconds before the second attempt; doubles with each. @default 1_000 */
  retryAfter?: number
}

/** @throws UsageError, which does not repeat what was given */
export function parseWebhook(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new UsageError('--alert-webhook wants an http: or https: URL')
}

/**
 * Posts each alert as JSON: five times at most, with longer and longer waits, until the answer is a success, or one that trying again
 * would not change (4xx, but for 408 and 429). The header `Idempotency-Key` is the alert's id.
 */
export function sendByWebhook(url: URL, { timeout = TIMEOUT, retryAfter = RETRY_AFTER }: WebhookOptions = {}): Send {
  const target = requestOf(url)
  return async (alert, signal) => {
    for (let attempt = 1; ; attempt++) {
      const failure = await post(target, alert, AbortSignal.any([signal, AbortSignal.timeout(timeout)]))
      if (failure === null) return
      if (signal.aborted || failure.final || attempt === ATTEMPTS) throw notSent(url, alert, failure.why, attempt)
      const wait = Math.max(failure.wait, retryAfter * 2 ** (attempt - 1))
      await sleep(Math.min(wait, LONGEST_WAIT), undefined, { signal }).catch(() => undefined)
      if (signal.aborted) throw notSent(url, alert, failure.why, attempt)
    }
  }
}

interface Target {
  address: URL
  headers: Record<string, string>
}

interface Failure {
  why: string
  /** Another attempt would not change it. */
  final: boolean
  /** Milliseconds that the receiver asked to be left alone for. */
  wait: number
}

/** A request takes no name and password in its address. */
function requestOf(url: URL): Target {
  const address = new URL(url)
  address.username = address.password = ''
  const headers: Record<string, string> = { 'content-type': 'application/json', 'user-agent': 'oakum' }
  if (url.username !== '' || url.password !== '') {
    const name = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers.authorization = `Basic ${Buffer.from(name).toString('base64')}`
  }
  return { address, headers }
}

async function post({ address, headers }: Target, alert: Alert, signal: AbortSignal): Promise<Failure | null> {
  try {
    const response = await fetch(address, {
      method: 'POST',
      // A redirect would carry the alert, and who may read it, to somebody else.
      redirect: 'error',
      headers: { ...headers, 'idempotency-key': encodeURIComponent(alert.id) },
      body: JSON.stringify(alert),
      signal,
    })
    await response.body?.cancel()
    if (response.ok) return null
    const { status } = response
    const final = status >= 400 && status < 500 && status !== 408 && status !== 429
    const seconds = Number(response.headers.get('retry-after') ?? 0)
    return { why: `it answered ${status}`, final, wait: Number.isFinite(seconds) ? seconds * 1_000 : 0 }
  } catch (error) {
    return { why: reasonOf(error), final: false, wait: 0 }
  }
}

/** What went wrong, without the message: that may repeat the URL. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it could not be reached'
  if (error.name === 'TimeoutError') return 'it did not answer in time'
  const { cause } = error
  if (cause instanceof Error && 'code' in cause) return `it could not be reached (${String(cause.code)})`
  return cause instanceof Error && cause.message === 'unexpected redirect' ? 'it redirects' : 'it could not be reached'
}

function notSent(url: URL, { id, alert }: Alert, why: string, attempts: number): OakumError {
  return new OakumError('ALERT_NOT_SENT', `The webhook at ${url.host} did not take ${alert}: ${why}.`, {
    facts: { alert: id, host: url.host, attempts },
  })
}
