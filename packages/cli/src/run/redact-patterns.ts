import { UsageError } from '../command/errors.ts'

/**
 * A pattern of the user's own: a regular expression, or one with flags as in `/internal-\d+/i`. Matches everywhere in a line.
 *
 * @throws UsageError for one that is none, or that matches nothing at all: that would be between all characters
 */
export function parsePattern(text: string): RegExp {
  const { source = text, flags = '' } = /^\/(?<source>.+)\/(?<flags>[dgimsuvy]*)$/s.exec(text)?.groups ?? {}
  let pattern: RegExp
  try {
    pattern = new RegExp(source, [...new Set(`${flags}g`)].join(''))
  } catch (cause) {
    throw new UsageError(`--redact is no regular expression: ${text}`, { cause })
  }
  if (''.search(pattern) < 0) return pattern
  throw new UsageError(`--redact matches the empty text: ${text}`)
}
