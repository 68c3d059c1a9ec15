/**
 * How long a service asks to be left alone, as services say it: by headers, or in the words of a message.
 */

/** By so much of a message is looked at: an error may have a whole page for its text. */
const LOOKED_AT = 4_000

const ASKS = /(?:try again|retry) (?:in|after)\s+((?:\d+(?:\.\d+)?\s*[a-z]+\s*)+)/i
const PART = /(\d+(?:\.\d+)?)\s*([a-z]+)/gi

const UNITS: readonly (readonly [name: RegExp, milliseconds: number])[] = [
  [/^(?:ms|msecs?|milliseconds?)$/i, 1],
  [/^(?:s|secs?|seconds?)$/i, 1_000],
  [/^(?:m|mins?|minutes?)$/i, 60_000],
  [/^(?:h|hrs?|hours?)$/i, 3_600_000],
  [/^(?:d|days?)$/i, 86_400_000],
]

/**
 * Milliseconds that headers ask for: by `retry-after-ms`, or by `retry-after` in seconds or as a date of HTTP. They may be `Headers`, a
 * `Map` or a plain object, with names in any case.
 */
export function waitOfHeaders(headers: unknown, now: number): number | undefined {
  const milliseconds = toNumber(header(headers, 'retry-after-ms'))
  if (milliseconds !== undefined) return milliseconds
  const value = header(headers, 'retry-after')
  const seconds = toNumber(value)
  if (seconds !== undefined) return seconds * 1_000
  // A number that is below zero would be read as a year.
  const date = value === undefined || /^[-+\d.\s]*$/.test(value) ? NaN : Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** Milliseconds that a text asks for, as in "Please try again in 1m30s." */
export function waitOfMessage(message: string): number | undefined {
  const asked = ASKS.exec(message.slice(0, LOOKED_AT))?.[1]
  if (asked === undefined) return undefined
  let wait: number | undefined
  for (const [, amount, name = ''] of asked.matchAll(PART)) {
    const unit = UNITS.find(([pattern]) => pattern.test(name))?.[1]
    if (unit === undefined) break // the sentence goes on
    wait = (wait ?? 0) + Number(amount) * unit
  }
  return wait
}

/** The first value of a header. */
export function header(headers: unknown, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined
  if (isHeaders(headers)) return toText(headers.get(name))
  const entries: Iterable<[unknown, unknown]> = headers instanceof Map ? headers : Object.entries(headers)
  for (const [key, value] of entries) {
    if (typeof key === 'string' && key.toLowerCase() === name) return toText(Array.isArray(value) ? value[0] : value)
  }
  return undefined
}

function isHeaders(value: object): value is { get(name: string): unknown } {
  return 'get' in value && typeof value.get === 'function' && !(value instanceof Map)
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : undefined
}

/** A number of at least 0, written plainly. */
function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined
}
