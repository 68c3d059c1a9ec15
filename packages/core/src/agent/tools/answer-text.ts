import { isAnyArrayBuffer, isMap, isNativeError, isSet } from 'node:util/types'
import { isOakumError, OakumError } from '../../errors/index.ts'
import { capText, validateMaxBytes } from './capped-output.ts'

export interface AnswerTextOptions {
  /** So many bytes are kept, half of them from the beginning and half from the end; the note in between comes on top. */
  readonly maxBytes: number
}

/**
 * What a model is told of what a tool returned: a string as it is, nothing for undefined, anything else as JSON.
 *
 * @throws OakumError TOOL_ANSWER_INVALID for what cannot be written as JSON: a circular object, a BigInt, a function, bytes, a map, a set,
 * an error, what throws when it is read; INVALID_OPTION
 */
export function answerText(value: unknown, { maxBytes }: AnswerTextOptions): string {
  validateMaxBytes('maxBytes', maxBytes)
  if (value === undefined) return ''
  return capText(typeof value === 'string' ? value : toJson(value), maxBytes)
}

/** What a model is told of what a tool threw: its message, and those of its causes. Never throws for the error's sake. */
export function errorText(error: unknown, { maxBytes }: AnswerTextOptions): string {
  validateMaxBytes('maxBytes', maxBytes)
  return capText(describe(error), maxBytes)
}

function toJson(value: unknown): string {
  // A hundred megabytes would become some four hundred of text, and that after an array of as many numbers.
  if (ArrayBuffer.isView(value) || isAnyArrayBuffer(value)) throw invalid('it returned bytes; return text')
  // Of these JSON has only the braces.
  if (isMap(value) || isSet(value)) throw invalid('it returned a map or a set; return an object or an array')
  if (isNativeError(value)) throw invalid('it returned an error; throw it', value)
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch (cause) {
    throw invalid(messageOf(cause) ?? 'what it returned cannot be read', cause)
  }
  if (json === undefined) throw invalid(`it returned a ${typeof value}`)
  return json
}

function invalid(why: string, cause?: unknown): OakumError {
  return new OakumError('TOOL_ANSWER_INVALID', `The tool’s answer cannot be told as text: ${why}.`, { cause })
}

/** So many errors are followed, from cause to cause. */
const MOST_CAUSES = 4

function describe(error: unknown): string {
  const told: string[] = []
  let next = error
  for (let depth = 0; depth < MOST_CAUSES && next !== undefined && next !== null; depth++) {
    const message = messageOf(next) ?? 'something that cannot be described was thrown'
    if (!told.some(earlier => earlier.includes(message))) told.push(message)
    next = causeOf(next)
  }
  return told.join(': ') || 'The tool failed, and did not say why.'
}

/** Errors may be proxies, have getters, or be no errors at all. */
function messageOf(thrown: unknown): string | undefined {
  try {
    if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) {
      if (typeof thrown.message === 'string' && thrown.message !== '') return thrown.message
      if (thrown instanceof AggregateError) return thrown.errors.map(String).join('; ')
      return thrown instanceof Error ? thrown.name : JSON.stringify(thrown)
    }
    return typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? String(thrown))
  } catch {
    return undefined
  }
}

/** None for an error of ours: it says all by itself, and what led to it is for people. */
function causeOf(thrown: unknown): unknown {
  try {
    if (typeof thrown !== 'object' || thrown === null || isOakumError(thrown)) return undefined
    return 'cause' in thrown ? thrown.cause : undefined
  } catch {
    return undefined
  }
}
