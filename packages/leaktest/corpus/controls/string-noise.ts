/**
 * A report is built line by line, cut, split and joined.
 *
 * Looks like a leak: ropes and slices hold their parents for as long as they live, and some strings are interned.
 */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

const scenario: Scenario = ({ iteration }) => {
  let report = ''
  for (let line = 0; line < 100; line++) report += `${iteration}:${line} took ${line * 3} ms\n`
  const lines = report.split('\n')
  const longest = lines.reduce((longer, line) => (line.length > longer.length ? line : longer), '')
  const summary = lines.map(line => line.slice(0, 12).padEnd(14).toUpperCase()).join('|')
  return longest.length + summary.replaceAll('TOOK', '').length
}

export default scenario
export const expected: Expected = { verdict: 'clean' }
