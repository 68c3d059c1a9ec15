import { OakumError } from '../errors/error.ts'
import type { ResourceInput } from './records.ts'

const MAX_KIND = 128
const MAX_KEY = 1_024

/**
 * Returns the JSON of a resource's data when the resource may be stored.
 *
 * @throws OakumError INVALID_OPTION
 */
export function encodeResource({ kind, key, data = {} }: ResourceInput): string {
  checkLength('kind', kind, MAX_KIND)
  checkLength('key', key, MAX_KEY)
  try {
    return JSON.stringify(data)
  } catch (cause) {
    throw new OakumError('INVALID_OPTION', `The data of ${kind} ${key} cannot be written as JSON.`, { cause })
  }
}

/** What {@link encodeResource} wrote, null when the text is something else. */
export function decodeData(json: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(json)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function checkLength(name: string, value: string, max: number): void {
  if (typeof value === 'string' && value.length > 0 && value.length <= max) return
  throw new OakumError('INVALID_OPTION', `A resource’s ${name} is a text of 1 to ${max} characters.`, {
    facts: { [name]: value },
  })
}
