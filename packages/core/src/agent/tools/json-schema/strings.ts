import { OakumError } from '../../../errors/index.ts'
import type { Keyword } from './check.ts'

/** `minLength` and `maxLength`, in characters. */
export const length: Keyword = ({ minLength, maxLength }) => {
  const least = typeof minLength === 'number' ? minLength : 0
  const most = typeof maxLength === 'number' ? maxLength : Infinity
  if (least === 0 && most === Infinity) return undefined
  return (value, path, report) => {
    if (typeof value !== 'string') return
    const characters = charactersOf(value)
    if (characters < least) report.add(path, `must have at least ${least} characters, not ${characters}`)
    if (characters > most) report.add(path, `must have at most ${most} characters, not ${characters}`)
  }
}

/** `pattern`. How long it takes to match is the author's affair: the text comes from the model, the expression does not. */
export const pattern: Keyword = schema => {
  if (typeof schema.pattern !== 'string') return undefined
  const expression = compilePattern(schema.pattern)
  return (value, path, report) => {
    if (typeof value === 'string' && !expression.test(value)) report.add(path, `must match the pattern ${expression}`)
  }
}

/** @throws OakumError INVALID_OPTION */
export function compilePattern(source: string): RegExp {
  try {
    return new RegExp(source, 'u')
  } catch {
    // Many schemas escape what needs no escape, which this flag forbids.
  }
  try {
    return new RegExp(source)
  } catch (cause) {
    throw new OakumError('INVALID_OPTION', `The JSON Schema has a pattern that is no regular expression: ${source}`, {
      cause,
    })
  }
}

/** Characters as JSON Schema counts them: a pair of surrogates is one. */
function charactersOf(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}
