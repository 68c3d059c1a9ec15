import type { ErrorCode } from './codes.ts'

const BRAND: unique symbol = Symbol.for('oakum.error')

/** What an error carries beside its message: plain values that a program can act on. */
export type ErrorFacts = Readonly<Record<string, unknown>>

/** Options of {@link OakumError}. */
export interface OakumErrorOptions {
  /** What led to this error. */
  cause?: unknown
  /** Plain values that a program can act on, e.g. `{ id, epoch }`. */
  facts?: ErrorFacts
}

/**
 * The one base of all errors that Oakum throws. `code` is stable, the message is for people.
 *
 * Recognised across copies of this package (two versions in one program): `error instanceof OakumError` and
 * {@link isOakumError} look at a registered symbol, not at the class.
 */
export class OakumError extends Error {
  readonly code: ErrorCode
  readonly facts: ErrorFacts

  constructor(code: ErrorCode, message: string, options: OakumErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.facts = options.facts ?? {}
  }

  static {
    // On the prototype, so that an error costs nothing more and subclasses carry it too.
    Object.defineProperty(this.prototype, BRAND, { value: true })
    Object.defineProperty(this.prototype, 'name', { value: 'OakumError', writable: true, configurable: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this === OakumError) return isOakumError(value)
    return Function.prototype[Symbol.hasInstance].call(this, value)
  }
}

/** Whether a value is an error of Oakum's, and of that code where one is given. */
export function isOakumError(value: unknown, code?: ErrorCode): value is OakumError {
  if (typeof value !== 'object' || value === null || !(BRAND in value)) return false
  return code === undefined || ('code' in value && value.code === code)
}
