import { inspect } from 'node:util'
import { isOakumError } from '@oakum/core/errors'

/** What moves a cursor, changes colours or turns the direction of a text; tabs and ends of lines are left out. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/**
 * A text that cannot steer a terminal: what would do that can be seen instead. Each character is looked at by itself, so it does not
 * matter where a stream was cut.
 */
export function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(STEERING, character => {
    const code = character.codePointAt(0) ?? 0
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `<${code.toString(16)}>`
  })
}

/** A text as one line of at most so many characters. */
export function oneLine(text: string, length: number): string {
  const characters = Array.from(visible(text).replaceAll(/\s+/g, ' ').trim())
  return characters.length <= length ? characters.join('') : `${characters.slice(0, length - 1).join('')}…`
}

/** A value as JSON that cannot steer a terminal, and is still the same JSON. */
export function visibleJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(STEERING, escapeInJson)
}

function escapeInJson(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** What went wrong and why, in one line. */
export function describe(error: unknown): string {
  const told: string[] = []
  for (let next = error; next !== undefined && told.length < 5; next = next instanceof Error ? next.cause : undefined) {
    const message = (next instanceof Error ? next.message : inspect(next)).replace(/\.$/, '')
    if (!told.some(before => before.includes(message))) told.push(message)
  }
  return `${oneLine(told.join(': '), 1_000)}.${isOakumError(error) ? ` (${error.code})` : ''}`
}
