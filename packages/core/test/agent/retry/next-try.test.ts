import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { nextTry } from '../../../src/agent/retry/next-try.ts'
import { resolveRetryOptions, type RetryOptions } from '../../../src/agent/retry/options.ts'
import { sleep } from '../../../src/agent/retry/sleep.ts'
import { isOakumError, OakumError } from '../../../src/errors/index.ts'
import { useFakeTime } from '../../support/fake-time.ts'

const BUSY = Object.assign(new Error('busy'), { status: 503 })

/** What becomes of an error at that try, without any chance in it. */
function decide(error: unknown, retry: number, options: RetryOptions = {}): unknown {
  const decision = nextTry(error, retry, resolveRetryOptions(options), { now: 0, random: () => 1 })
  return 'wait' in decision ? decision.wait : decision.error
}

describe('a request that failed', () => {
  it('is tried again after waits that grow, up to the longest', () => {
    const waits = [1, 2, 3, 4, 5].map(retry => decide(BUSY, retry, { base: 100, factor: 3, max: 1_000, jitter: 0 }))
    expect(waits).toEqual([100, 300, 900, 1_000, 1_000])
    expect(decide(BUSY, 1, { base: 100, jitter: 0.25 })).toBe(75)
  })

  it('is tried again five times by default, and then fails with all that is known', () => {
    expect(decide(BUSY, 5)).toBeTypeOf('number')
    const error = decide(BUSY, 6)
    expect(error).toMatchObject({
      code: 'MODEL_FAILED',
      message: 'The model failed after 5 retries: busy',
      cause: BUSY,
      facts: { status: 503, retries: 5 },
    })
  })

  it('waits exactly as long as the service asks for', () => {
    expect(decide({ status: 429, headers: { 'retry-after': '45' } }, 1)).toBe(45_000)
    expect(decide({ status: 429, headers: { 'retry-after': '0' } }, 1)).toBe(0)
  })

  it('fails at once when the service asks for more than it may, and says for how much', () => {
    expect(decide({ status: 429, message: 'try again in 3m' }, 1)).toMatchObject({
      code: 'MODEL_FAILED',
      message: expect.stringContaining('wait 180.0 s'),
      facts: { status: 429, retries: 0, retryAfter: 180_000 },
    })
    expect(decide({ status: 429, message: 'try again in 3m' }, 1, { maxWait: 180_000 })).toBe(180_000)
  })

  it('fails at once when another try would not help, and keeps an error of Oakum as it is', () => {
    const refused = Object.assign(new Error('who are you'), { status: 401 })
    expect(decide(refused, 1)).toMatchObject({ message: 'The model failed: who are you', cause: refused })
    const ours = new OakumError('MODEL_PROTOCOL', 'no')
    expect(decide(ours, 1)).toBe(ours)
  })

  it('says in short what was thrown, whatever that was', () => {
    const page = decide(new Error('<html>'.repeat(100_000)), 1)
    expect(String(page).length).toBeLessThan(2_000)
    expect(decide({ odd: 1 }, 1)).toMatchObject({ message: 'The model failed: { odd: 1 }' })
    expect(decide(Object.create(null), 1)).toMatchObject({ code: 'MODEL_FAILED' })
  })
})

it.each<RetryOptions>([
  { retries: -1 },
  { retries: 1.5 },
  { retries: Infinity },
  { base: -1 },
  { base: NaN },
  { factor: 0.5 },
  { max: Infinity },
  { jitter: 1.1 },
  { maxWait: 2 ** 31 },
])('refuses options that cannot work: %o', options => {
  const [name = ''] = Object.keys(options)
  expect(() => resolveRetryOptions(options)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(`retry.${name}`) }),
  )
})

it.each(['maxRetries', 'toString'])('refuses an option that there is not, and says which there are: %s', name => {
  const message = `There is no retry.${name}; there are retries, base, factor, max, jitter, maxWait.`
  const options: RetryOptions = { [name]: 0 }
  expect(() => resolveRetryOptions(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message }))
})

it('takes an option that is undefined as left out', () => {
  // @ts-expect-error -- as somebody may whose types are less exact
  expect(resolveRetryOptions({ retries: undefined, maxRetries: undefined })).toEqual(resolveRetryOptions())
})

it('names what a connection failed of, behind what the clients make of it', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { code: 'ECONNREFUSED' })
  const error = new Error('Connection error.', { cause: new TypeError('fetch failed', { cause: refused }) })
  const next = nextTry(error, 6, resolveRetryOptions())
  expect(next).toMatchObject({
    error: { message: 'The model failed after 5 retries: Connection error. (connect ECONNREFUSED 127.0.0.1:9)' },
  })
  const unnamed = nextTry(new Error('down', { cause: { message: '', code: 'ECONNREFUSED' } }), 6, resolveRetryOptions())
  expect(unnamed).toMatchObject({ error: { message: 'The model failed after 5 retries: down (ECONNREFUSED)' } })
})

describe('a sleep', () => {
  it('lasts as long as it should, and leaves nothing', async () => {
    useFakeTime()
    const { signal } = new AbortController()
    const woken = vi.fn()
    const slept = sleep(1_000, signal).then(woken)
    await vi.advanceTimersByTimeAsync(999)
    expect(woken).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    await slept
    expect(woken).toHaveBeenCalled()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('ends at once when it is aborted, and leaves nothing', async () => {
    useFakeTime()
    const controller = new AbortController()
    const slept = sleep(1_000, controller.signal)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    controller.abort('enough')
    await expect(slept).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
    expect(vi.getTimerCount()).toBe(0)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  it('does not begin when it was aborted before, and passes an error of Oakum on', async () => {
    useFakeTime()
    const reason = new OakumError('STOP_REQUESTED', 'stop')
    const error: unknown = await sleep(1_000, AbortSignal.abort(reason)).catch((thrown: unknown) => thrown)
    expect(error).toBe(reason)
    expect(isOakumError(error, 'STOP_REQUESTED')).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })
})
