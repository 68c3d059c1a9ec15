import { below, isObject, type Check, type Keyword } from './check.ts'
import { compilePattern } from './strings.ts'

/** `required`. Only what an object has itself counts. */
export const required: Keyword = schema => {
  if (!Array.isArray(schema.required) || schema.required.length === 0) return undefined
  const names = schema.required.map(String)
  return (value, path, report) => {
    if (!isObject(value)) return
    for (const name of names) if (!Object.hasOwn(value, name)) report.add(below(path, name), 'is missing')
  }
}

/** `properties`, `patternProperties` and `additionalProperties`, which is about those that the others leave. */
export const properties: Keyword = (schema, compile) => {
  const named = new Map<string, Check>()
  if (isObject(schema.properties)) {
    for (const [name, inner] of Object.entries(schema.properties)) named.set(name, compile(inner, 'properties', name))
  }
  const patterns: { expression: RegExp; check: Check }[] = []
  if (isObject(schema.patternProperties)) {
    for (const [source, inner] of Object.entries(schema.patternProperties)) {
      patterns.push({ expression: compilePattern(source), check: compile(inner, 'patternProperties', source) })
    }
  }
  const { additionalProperties } = schema
  const others: Check | undefined =
    additionalProperties === false
      ? (_value, path, report) => report.add(path, `is not known; known are: ${[...named.keys()].join(', ') || 'none'}`)
      : isObject(additionalProperties)
        ? compile(additionalProperties, 'additionalProperties')
        : undefined
  if (named.size === 0 && patterns.length === 0 && others === undefined) return undefined
  return (value, path, report) => {
    if (!isObject(value)) return
    for (const name of Object.keys(value)) {
      if (report.isFull) return
      const matching = patterns.filter(({ expression }) => expression.test(name)).map(({ check }) => check)
      const own = named.get(name)
      const checks = own === undefined ? matching : [own, ...matching]
      if (checks.length === 0 && others !== undefined) checks.push(others)
      for (const check of checks) check(value[name], below(path, name), report)
    }
  }
}
