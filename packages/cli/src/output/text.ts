/**
 * Text on its way to a terminal. What agents say about themselves (states, lines of output, labels) is not ours: it must
 * not move the cursor, change colours, or break a row.
 */
import { stripVTControlCharacters } from 'node:util'

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g
// oxlint-disable-next-line no-control-regex -- what styleText writes
const COLOUR = /(\u001b\[[\d;]*m)/
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u
const COMBINING = /^[\p{Mark}\p{Format}]/u

/** One line of plain text: escape sequences gone, other control characters as a space. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(CONTROL, ' ').trimEnd()
}

/** A value as JSON in one line that is safe on a terminal as well: JSON itself lets some control characters through. */
export function json(value: unknown): string {
  return JSON.stringify(value).replace(CONTROL, characters => Array.from(characters, escapeInJson).join(''))
}

function escapeInJson(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
}

/** Columns that a text takes on a terminal, its colours left out. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of stripVTControlCharacters(text)) width += widthOfCharacter(character)
  return width
}

/** A text in at most so many columns, its colours kept; what was cut is marked by `…`. */
export function truncate(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  if (columns <= 0) return ''
  let kept = ''
  let width = 0
  let cut = false
  for (const part of text.split(COLOUR)) {
    if (part.startsWith('\u001b')) kept += part
    else if (!cut) {
      for (const character of part) {
        width += widthOfCharacter(character)
        cut = width > columns - 1
        if (cut) break
        kept += character
      }
      if (cut) kept += '…'
    }
  }
  return kept
}

function widthOfCharacter(character: string): number {
  if (COMBINING.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}
