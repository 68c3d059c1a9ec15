import { stripVTControlCharacters } from 'node:util'

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g

/** One line of plain text: names and messages come from the tested program, and must not move a cursor or break a row. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(CONTROL, ' ').trimEnd()
}
