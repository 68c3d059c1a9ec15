import { describe, expect, it } from 'vitest'
import { Redactor, REDACTED } from '../../src/run/redact.ts'
import { findWebTokens, type Characters } from '../../src/run/web-tokens.ts'

const part = 'aB3dE5gH7jK9'
const token = `eyJ${part}.${part}.${part}`

/** A text that counts how often one of its characters is looked at. */
function counted(text: string): { characters: Characters; looks: () => number } {
  let looks = 0
  const characters: Characters = {
    length: text.length,
    charCodeAt: at => {
      looks++
      return text.charCodeAt(at)
    },
  }
  return { characters, looks: () => looks }
}

describe('findWebTokens', () => {
  it.each([
    [token, REDACTED],
    [`a ${token} and "${token}",`, `a ${REDACTED} and "${REDACTED}",`],
    [`session-${token}`, `session-${REDACTED}`],
    [`eyJ${part}.${token}`, `${REDACTED}.${part}`],
    [`eyJshort.${token}`, `eyJshort.${REDACTED}`],
    [`${token}.rest`, `${REDACTED}.rest`],
    [`.${token}`, `.${REDACTED}`],
  ])('leads from %s to %s', (line, redacted) => {
    expect(new Redactor({}).redact(line)).toBe(redacted)
  })

  it.each([
    `eyJ${part}.${part}`,
    `eyJ${part}.short.${part}`,
    `eyJ${part}.${part} .${part}`,
    `beyJ${part}.${part}.${part}`,
    'eyJ',
    '',
  ])('finds none in %j', line => {
    expect(findWebTokens(line)).toEqual([])
  })

  it.each(['eyJ-', 'eyJ', 'eyJ.', '-J', `eyJ${part}.`, `eyJ${part}.${part}. `])(
    'looks at most twice at each character of 256 KB of %j',
    piece => {
      const text = piece.repeat(262_144 / piece.length)
      const { characters, looks } = counted(text)
      findWebTokens(characters)
      expect(looks()).toBeLessThanOrEqual(2 * text.length)
    },
  )
})
