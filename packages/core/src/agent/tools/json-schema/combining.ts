import type { Keyword, Report } from './check.ts'

/** `allOf`. */
export const allOf: Keyword = (schema, compile) => {
  if (!Array.isArray(schema.allOf)) return undefined
  const checks = schema.allOf.map((part, index) => compile(part, 'allOf', String(index)))
  return (value, path, report) => {
    for (const check of checks) if (!report.isFull) check(value, path, report)
  }
}

/** `anyOf`: the first form that fits is enough. */
export const anyOf: Keyword = (schema, compile) => {
  if (!Array.isArray(schema.anyOf)) return undefined
  const forms = schema.anyOf.map((form, index) => compile(form, 'anyOf', String(index)))
  return (value, path, report) => {
    const failed: Report[] = []
    for (const check of forms) {
      const attempt = report.attempt()
      check(value, path, attempt)
      if (attempt.problems.length === 0) return
      failed.push(attempt)
    }
    report.add(path, fitsNone(failed))
  }
}

/** `oneOf`: exactly one form fits. */
export const oneOf: Keyword = (schema, compile) => {
  if (!Array.isArray(schema.oneOf)) return undefined
  const forms = schema.oneOf.map((form, index) => compile(form, 'oneOf', String(index)))
  return (value, path, report) => {
    const attempts = forms.map(check => {
      const attempt = report.attempt()
      check(value, path, attempt)
      return attempt
    })
    const failed = attempts.filter(({ problems }) => problems.length > 0)
    const fitting = attempts.length - failed.length
    if (fitting === 0) report.add(path, fitsNone(failed))
    if (fitting > 1) report.add(path, `must fit exactly one of ${forms.length} forms, not ${fitting}`)
  }
}

/** Names the problems of the form that is nearest: the one with the fewest. */
function fitsNone(failed: readonly Report[]): string {
  const [nearest] = failed.map(({ problems }) => problems).toSorted((a, b) => a.length - b.length)
  const why = nearest === undefined ? '' : `: ${nearest.join('; ')}`
  return failed.length === 1 ? `does not fit${why}` : `fits none of ${failed.length} forms; nearest${why}`
}
