import type { Keyword } from './check.ts'

/** `minimum`, `maximum`, `exclusiveMinimum` and `exclusiveMaximum`, as numbers. */
export const bounds: Keyword = schema => {
  const rules = [
    rule(schema.minimum, 'at least', (value, limit) => value >= limit),
    rule(schema.maximum, 'at most', (value, limit) => value <= limit),
    rule(schema.exclusiveMinimum, 'more than', (value, limit) => value > limit),
    rule(schema.exclusiveMaximum, 'less than', (value, limit) => value < limit),
  ].filter(made => made !== undefined)
  if (rules.length === 0) return undefined
  return (value, path, report) => {
    if (typeof value !== 'number') return
    for (const { holds, problem } of rules) if (!holds(value)) report.add(path, `${problem}, not ${value}`)
  }
}

interface Rule {
  problem: string
  holds: (value: number) => boolean
}

function rule(limit: unknown, words: string, holds: (value: number, limit: number) => boolean): Rule | undefined {
  if (typeof limit !== 'number') return undefined
  return { problem: `must be ${words} ${limit}`, holds: value => holds(value, limit) }
}
