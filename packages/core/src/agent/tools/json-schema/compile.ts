/**
 * A small checker of JSON Schema, for the arguments of tools.
 *
 * It knows `type`, `enum`, `const`, `properties`, `patternProperties`, `required`, `additionalProperties`, `items`, `prefixItems`,
 * `minItems`, `maxItems`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `minLength`, `maxLength`, `pattern`,
 * `allOf`, `anyOf`, `oneOf`, and `$ref` within the schema. Everything else, formats and references to other documents among
 * it, is not looked at: the model is told of it, and the tool has to check it.
 *
 * Invariants:
 * - A schema is compiled once, and what is wrong with it is told then.
 * - A check costs a bounded number of steps, whatever the value and the schema are; patterns are as good as their author.
 * - Only what an object has itself is looked at, never what it inherits.
 */
import { OakumError } from '../../../errors/index.ts'
import { itemCount, items } from './arrays.ts'
import { isObject, Report, TOO_MUCH, type Check, type Keyword } from './check.ts'
import { allOf, anyOf, oneOf } from './combining.ts'
import { bounds } from './numbers.ts'
import { properties, required } from './objects.ts'
import { length, pattern } from './strings.ts'
import { oneOfValues, type } from './values.ts'

const KEYWORDS: readonly Keyword[] = [
  type,
  oneOfValues,
  required,
  properties,
  itemCount,
  items,
  bounds,
  length,
  pattern,
  allOf,
  anyOf,
  oneOf,
]

/** So deep may a schema nest. */
const DEEPEST = 128

/**
 * Makes a check of a schema: it returns what is wrong with a value, at most a few sentences that whoever wrote the value can act on.
 *
 * @throws OakumError INVALID_OPTION when the schema cannot be one
 */
export function compileSchema(root: unknown): (value: unknown) => readonly string[] {
  const check = new Compiler(root).compile(root, [])
  return value => {
    const report = new Report()
    check(value, '', report)
    // Where one form of several was too much, another may have fitted.
    if (report.isSpent && report.problems.length === 0) report.add('', TOO_MUCH)
    return report.problems
  }
}

class Compiler {
  readonly #root: unknown
  /** A schema that refers to itself finds itself here while it is being compiled. */
  readonly #known = new Map<object, { check: Check }>()

  constructor(root: unknown) {
    this.#root = root
  }

  compile(schema: unknown, keys: readonly string[]): Check {
    if (schema === true) return () => {}
    if (schema === false) return (_value, path, report) => report.add(path, 'is not allowed')
    if (!isObject(schema)) throw invalid(keys, 'is no schema: it must be an object, true or false')
    if (keys.length > DEEPEST) throw invalid(keys.slice(0, 8), 'nests too deeply')
    const known = this.#known.get(schema)
    if (known !== undefined) return (value, path, report) => known.check(value, path, report)
    const slot = { check: (() => {}) as Check }
    this.#known.set(schema, slot)
    const checks = [
      ...KEYWORDS.map(keyword => keyword(schema, (inner, ...more) => this.compile(inner, [...keys, ...more]))),
      this.#reference(schema.$ref, keys),
    ].filter(check => check !== undefined)
    slot.check = (value, path, report) => report.descend(() => runAll(checks, value, path, report), path)
    return slot.check
  }

  #reference(reference: unknown, keys: readonly string[]): Check | undefined {
    if (typeof reference !== 'string' || !(reference === '#' || reference.startsWith('#/'))) return undefined
    let target: unknown = this.#root
    for (const part of reference.split('/').slice(1)) {
      const key = decodePointer(part)
      const found = ownProperty(target, key)
      if (found === undefined) throw invalid(keys, `refers to ${reference}, which is not there`)
      target = found.value as unknown
    }
    return this.compile(target, [...keys, '$ref'])
  }
}

function runAll(checks: readonly Check[], value: unknown, path: string, report: Report): void {
  for (const check of checks) {
    if (report.isFull) return
    check(value, path, report)
  }
}

function ownProperty(holder: unknown, key: string): PropertyDescriptor | undefined {
  return typeof holder === 'object' && holder !== null ? Object.getOwnPropertyDescriptor(holder, key) : undefined
}

function decodePointer(part: string): string {
  let text = part
  try {
    text = decodeURIComponent(part)
  } catch {
    // Not encoded, then.
  }
  return text.replaceAll('~1', '/').replaceAll('~0', '~')
}

function invalid(keys: readonly string[], what: string): OakumError {
  return new OakumError('INVALID_OPTION', `The JSON Schema ${['#', ...keys].join('/')} ${what}.`)
}
