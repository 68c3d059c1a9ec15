import { createServer, type RequestListener } from 'node:http'
import Anthropic, { APIError as AnthropicError } from '@anthropic-ai/sdk'
import { APICallError } from 'ai'
import OpenAI, { APIConnectionTimeoutError, APIError as OpenAIError, APIUserAbortError } from 'openai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { classify } from '../../../src/agent/retry/classify.ts'
import { OakumError } from '../../../src/errors/index.ts'

/** A server of the test's own; its base URL. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}`
}

async function thrownBy(call: () => PromiseLike<unknown>): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

function askOpenAI(baseURL: string, signal?: AbortSignal): Promise<unknown> {
  const client = new OpenAI({ apiKey: 'none', baseURL, maxRetries: 0 })
  return thrownBy(async () => client.responses.create({ model: 'm', input: 'hi' }, { signal }))
}

const withStatus = (status: number, headers: Record<string, string> = {}): RequestListener => {
  return (_request, response) => void response.writeHead(status, headers).end('{"error":{"message":"no"}}')
}

const NOT_LISTENING = 'http://127.0.0.1:1'
const now = Date.UTC(2026, 0, 1)
const inTenSeconds = new Date(now + 10_000).toUTCString()

describe('errors of real clients', () => {
  it.each([
    [400, false],
    [401, false],
    [404, false],
    [408, true],
    [409, true],
    [422, false],
    [429, true],
    [500, true],
    [529, true],
  ])('of openai and anthropic with status %i are worth another try: %s', async (status, retryable) => {
    const url = await serve(withStatus(status, { 'Retry-After': '7' }))
    expect(classify(await askOpenAI(url))).toEqual({ retryable, status, wait: 7_000 })
    const client = new Anthropic({ apiKey: 'none', baseURL: url, maxRetries: 0 })
    const request = { model: 'm', max_tokens: 1, messages: [{ role: 'user' as const, content: 'hi' }] }
    const error = await thrownBy(async () => client.messages.create(request))
    expect(classify(error)).toEqual({ retryable, status, wait: 7_000 })
  })

  it('are worth another try when there was no connection, or it broke', async () => {
    const breaking = await serve((_request, response) => {
      response.writeHead(200).write('half of', () => response.destroy())
    })
    expect(classify(await askOpenAI(NOT_LISTENING))).toEqual({ retryable: true })
    expect(classify(await thrownBy(async () => fetch(NOT_LISTENING)))).toEqual({ retryable: true })
    expect(classify(await thrownBy(async () => (await fetch(breaking)).text()))).toEqual({ retryable: true })
    expect(classify(await askOpenAI(breaking))).toEqual({ retryable: true })
    expect(classify(new APIConnectionTimeoutError())).toEqual({ retryable: true })
  })

  it('are not when they were aborted', async () => {
    const silent = await serve(() => undefined)
    const controller = new AbortController()
    setImmediate(() => controller.abort())
    expect(classify(await askOpenAI(silent, controller.signal))).toEqual({ retryable: false })
    expect(classify(await thrownBy(async () => fetch(silent, { signal: controller.signal })))).toEqual({
      retryable: false,
    })
    expect(classify(new APIUserAbortError())).toEqual({ retryable: false })
    expect(classify(new TypeError('terminated', { cause: controller.signal.reason }))).toEqual({ retryable: false })
  })

  it('in mid-stream are told by the words of the service', () => {
    const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    expect(classify(new AnthropicError(undefined, overloaded, undefined, new Headers()))).toEqual({ retryable: true })
    const limited = { code: 'rate_limit_exceeded', message: 'Please try again in 1.5s.' }
    expect(classify(new OpenAIError(undefined, limited, undefined, new Headers()))).toEqual({
      retryable: true,
      wait: 1_500,
    })
    expect(classify({ type: 'error', error: limited })).toEqual({ retryable: true, wait: 1_500 })
    const invalid = { code: 'invalid_prompt', message: 'no' }
    expect(classify(new OpenAIError(undefined, invalid, undefined, new Headers()))).toEqual({ retryable: false })
  })

  it('of ai are told by what they say of themselves', () => {
    const call = { message: 'no', url: 'http://127.0.0.1', requestBodyValues: {} }
    expect(classify(new APICallError({ ...call, isRetryable: true }))).toEqual({ retryable: true })
    const limited = new APICallError({ ...call, statusCode: 503, responseHeaders: { 'retry-after-ms': '20' } })
    expect(classify(limited)).toEqual({ retryable: true, status: 503, wait: 20 })
    expect(classify(new APICallError({ ...call, statusCode: 400 }))).toEqual({ retryable: false, status: 400 })
  })
})

describe('a limit that does not pass', () => {
  it.each([
    { status: 429, code: 'insufficient_quota' },
    { status: 429, error: { type: 'insufficient_quota' } },
    { statusCode: 429, isRetryable: true, data: { error: { code: 'insufficient_quota' } } },
    { status: 503, headers: { 'x-should-retry': 'false' } },
  ])('is not tried again: %j', error => {
    expect(classify(error)).toMatchObject({ retryable: false })
  })
})

describe('causes', () => {
  it('are looked through, as far as there is an end to it', () => {
    const reset = Object.assign(new Error('read'), { code: 'ECONNRESET' })
    expect(classify(new Error('outer', { cause: new Error('middle', { cause: reset }) }))).toEqual({ retryable: true })
    const circle = new Error('circle')
    circle.cause = new Error('other', { cause: circle })
    expect(classify(circle)).toEqual({ retryable: false })
    let deep: Error = reset
    for (let n = 0; n < 1_000; n++) deep = new Error('deep', { cause: deep })
    expect(classify(deep)).toEqual({ retryable: false })
  })

  it('yield to what an error of Oakum says of itself', () => {
    const facts = { retryable: false, retryAfter: 30, status: 500 }
    const cause = Object.assign(new Error('x'), { status: 429 })
    expect(classify(new OakumError('MODEL_FAILED', 'x', { facts, cause }))).toEqual({
      retryable: false,
      wait: 30,
      status: 500,
    })
    expect(classify(new OakumError('MODEL_FAILED', 'x', { cause }))).toEqual({ retryable: true, status: 429 })
    expect(classify(new OakumError('ABORTED', 'x', { cause }))).toMatchObject({ retryable: false })
  })
})

it.each([undefined, null, 'fetch failed', 5, {}, new Error('who knows'), new TypeError('x is not a function')])(
  'is wary of what nothing is known of: %s',
  error => {
    expect(classify(error)).toEqual({ retryable: false })
  },
)

describe('the wait that a service asks for', () => {
  it.each<[wait: number | undefined, headers: unknown]>([
    [1_500, new Headers({ 'retry-after': '1.5' })],
    [0, { 'retry-after': '0' }],
    [20, { 'Retry-After-Ms': '20', 'Retry-After': '9' }],
    [20, new Map([['RETRY-AFTER-MS', '20']])],
    [3_000, { 'retry-after': ['3', '4'] }],
    [3_000, { 'retry-after': 3 }],
    [10_000, { 'retry-after': inTenSeconds }],
    [0, { 'retry-after': new Date(now - 5_000).toUTCString() }],
    [undefined, { 'retry-after': '-5' }],
    [undefined, { 'retry-after': 'soon' }],
    [undefined, { 'retry-after': 'NaN', 'retry-after-ms': 'Infinity' }],
    [undefined, 'retry-after: 3'],
  ])('is %s by headers %o', (wait, headers) => {
    expect(classify({ status: 429, headers }, now)).toEqual({
      retryable: true,
      status: 429,
      ...(wait !== undefined && { wait }),
    })
  })

  it.each<[wait: number | undefined, message: string]>([
    [1_500, 'Rate limit reached … Please try again in 1.5s. Visit …'],
    [300, 'Try again in 300ms'],
    [120_000, 'try again in 2m'],
    [90_000, 'try again in 1m30s.'],
    [360_000, 'try again in 6m0s'],
    [3_723_000, 'try again in 1h2m3s'],
    [20_000, 'try again in 20 seconds or in 3 days'],
    [26_000, 'Please retry after 26 seconds.'],
    [undefined, 'try again in 3 apples'],
    [undefined, 'try again in a while'],
  ])('is %s by the message "%s"', (wait, message) => {
    expect(classify({ status: 429, message })).toEqual({
      retryable: true,
      status: 429,
      ...(wait !== undefined && { wait }),
    })
  })

  it('is read off the headers before the message', () => {
    const error = { status: 429, headers: { 'retry-after': '2' }, message: 'try again in 9s' }
    expect(classify(error)).toMatchObject({ wait: 2_000 })
  })
})
