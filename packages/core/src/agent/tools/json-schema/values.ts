import { isDeepStrictEqual } from 'node:util'
import type { Keyword } from './check.ts'

/** So many characters of a value are shown. */
const MOST_SHOWN = 200

const NAMES: Readonly<Record<string, string>> = {
  array: 'an array',
  boolean: 'a boolean',
  integer: 'an integer',
  null: 'null',
  number: 'a number',
  object: 'an object',
  string: 'a string',
}

/** `type`: a name, or several. Names that JSON Schema does not have match nothing. */
export const type: Keyword = schema => {
  if (schema.type === undefined) return undefined
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]).map(String)
  const expected = types.map(name => NAMES[name] ?? name).join(' or ')
  return (value, path, report) => {
    if (types.some(name => isOf(name, value))) return
    const got = types.includes('integer') && typeof value === 'number' ? String(value) : NAMES[typeOf(value)]
    report.add(path, `must be ${expected}, not ${got}`)
  }
}

/** `enum` and `const`. */
export const oneOfValues: Keyword = schema => {
  const allowed: unknown[] | undefined = 'const' in schema ? [schema.const] : listOf(schema.enum)
  if (allowed === undefined) return undefined
  const shown = allowed.map(value => JSON.stringify(value)).join(', ')
  const list = shown.length > MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN)}…` : shown
  const problem = allowed.length === 1 ? `must be ${list}` : `must be one of ${list}`
  return (value, path, report) => {
    if (!has(allowed, value)) report.add(path, problem)
  }
}

/** Lists may be long, and most are of texts. */
function has(allowed: readonly unknown[], value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return allowed.includes(value)
  return allowed.some(candidate => isDeepStrictEqual(candidate, value))
}

function isOf(name: string, value: unknown): boolean {
  const actual = typeOf(value)
  return name === 'integer' ? Number.isInteger(value) : name === actual
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function listOf(value: unknown): unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}
