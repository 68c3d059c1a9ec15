import type { CaseResult } from '../../corpus/result.ts'
import { cleanReport, leakReport } from './reports.ts'

/** A leak that was found, with its site and who holds it. */
export const found: CaseResult = {
  name: 'listener',
  group: 'leak',
  half: 'tuned',
  expected: { verdict: 'leak', site: ['run'] },
  report: leakReport({ milliseconds: 400 }),
  right: true,
  siteRight: true,
  retainerRight: true,
}

/** A control of which nothing was said. */
export const clean: CaseResult = {
  name: 'json-noise',
  group: 'control',
  half: 'frozen',
  expected: { verdict: 'clean' },
  report: cleanReport({ milliseconds: 200 }),
  right: true,
}
