import type { ToolCallItem } from '../items.ts'
import type { StopReason } from '../model.ts'

/**
 * A call's arguments as an object, for services that take nothing else. What the model wrote that is none is told to it
 * as what it is, in the field `not_an_object`.
 */
export function argumentsObject(text: string): object {
  return parsed(text) ?? { not_an_object: text }
}

/** The same as JSON; as the model wrote it, where that is an object. Many services read what they are sent, and refuse all of it over one call. */
export function argumentsJson(text: string): string {
  return text.trim() !== '' && parsed(text) !== undefined ? text : JSON.stringify(argumentsObject(text))
}

/** Where a response may have ended in the middle of a call. */
export function mayCutCalls(reason: StopReason): boolean {
  return reason === 'length' || reason === 'content_filter' || reason === 'refusal'
}

/**
 * The call in which a response was cut. Of one cut before its first argument only the beginning of an object is left, as of one cut behind
 * that: nobody must take it for a call without arguments, which could be run.
 */
export function cutCall(call: ToolCallItem): ToolCallItem {
  return /^\s*(?:\{\s*\})?\s*$/.test(call.arguments) ? { ...call, arguments: '{' } : call
}

/** No text at all is how some models write that there are no arguments. */
function parsed(text: string): object | undefined {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
