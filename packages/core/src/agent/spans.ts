/**
 * Where the loop tells how long things take: a port, which a tracer fills.
 *
 * Invariants:
 * - Each span that was started is ended once: by `end` or by `fail`, whichever comes first; at the latest when the span around it ends.
 * - A port that throws, or whose promise rejects, harms no run: it is told of once, and called again for the next span.
 * - Without a port nothing is made, and nothing called.
 */

/** A run; a turn of it; a request to the model, and again when it is made again; a tool's call. Each lies in the one before it or, the last two, in a turn. */
export type SpanKind = 'run' | 'turn' | 'call' | 'tool'

/** Plain values, named as in OpenTelemetry. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

/** Something that has begun, and that takes its time. */
export interface Span {
  /** It went as it should, or was cut short by a cancel: the attributes then say so. */
  end(attributes?: SpanAttributes): void
  fail(error: unknown): void
}

/** Makes spans. */
export interface SpanPort {
  /** @param parent what this port made for the span around it */
  start(kind: SpanKind, name: string, attributes: SpanAttributes, parent?: Span): Span
}

/** A span as the loop has it: never throws, and needs no care about being ended twice. */
export interface LoopSpan {
  start(kind: SpanKind, name: string, attributes?: SpanAttributes): LoopSpan
  end(attributes?: SpanAttributes): void
  fail(error: unknown): void
}

/** What the loop starts its spans by: the port behind a shield. `onError` is told of the first error of the port's. */
export function shieldSpans(port: SpanPort | undefined, onError: (error: unknown) => void): Pick<LoopSpan, 'start'> {
  return port === undefined ? NO_SPAN : new ShieldedSpan(new Shield(port, onError), new Set())
}

/** Does work in a span, which ends by what comes of it. Work that is cut short by an abort has not failed. */
export async function inSpan<T>(
  span: LoopSpan,
  signal: AbortSignal,
  work: () => Promise<T>,
  attributesOf: (value: T) => SpanAttributes = () => NO_ATTRIBUTES,
): Promise<T> {
  try {
    const value = await work()
    span.end(attributesOf(value))
    return value
  } catch (error) {
    if (signal.aborted) span.end(CANCELLED)
    else span.fail(error)
    throw error
  }
}

const CANCELLED: SpanAttributes = { 'oakum.cancelled': true }
const NO_ATTRIBUTES: SpanAttributes = {}

const NO_SPAN: LoopSpan = {
  start: () => NO_SPAN,
  end: () => undefined,
  fail: () => undefined,
}

class Shield {
  readonly port: SpanPort
  #onError: ((error: unknown) => void) | undefined

  constructor(port: SpanPort, onError: (error: unknown) => void) {
    this.port = port
    this.#onError = onError
  }

  /** Calls the port. Undefined when it throws. */
  try<T>(call: () => T): T | undefined {
    try {
      const result = call()
      // A method may be async, although nobody waits for it.
      if (result instanceof Promise) result.catch((error: unknown) => this.#tell(error))
      return result
    } catch (error) {
      this.#tell(error)
      return undefined
    }
  }

  #tell(error: unknown): void {
    const onError = this.#onError
    this.#onError = undefined
    onError?.(error)
  }
}

class ShieldedSpan implements LoopSpan {
  readonly #shield: Shield
  /** Those that were started in the same span and have not ended. */
  readonly #siblings: Set<ShieldedSpan>
  /** Those that were started in this one. */
  readonly #inner = new Set<ShieldedSpan>()
  /** What the port made; undefined when it has ended. */
  #span: Span | undefined

  constructor(shield: Shield, siblings: Set<ShieldedSpan>, span?: Span) {
    this.#shield = shield
    this.#siblings = siblings
    this.#span = span
  }

  start(kind: SpanKind, name: string, attributes: SpanAttributes = NO_ATTRIBUTES): LoopSpan {
    const shield = this.#shield
    const made = shield.try(() => shield.port.start(kind, name, attributes, this.#span))
    if (made === undefined) return NO_SPAN
    const span = new ShieldedSpan(shield, this.#inner, made)
    this.#inner.add(span)
    return span
  }

  end(attributes?: SpanAttributes): void {
    this.#finish(span => span.end(attributes))
  }

  fail(error: unknown): void {
    this.#finish(span => span.fail(error))
  }

  #finish(finish: (span: Span) => void): void {
    const span = this.#span
    if (span === undefined) return
    for (const inner of this.#inner) inner.end(CANCELLED)
    this.#span = undefined
    this.#siblings.delete(this)
    this.#shield.try(() => finish(span))
  }
}
