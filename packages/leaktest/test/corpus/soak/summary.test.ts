import { expect, it } from 'vitest'
import type { CaseResult } from '../../../corpus/result.ts'
import { formatSoak, missesOf } from '../../../corpus/soak/summary.ts'
import { clean, found } from '../../support/case-results.ts'
import { boundedReport, leakReport } from '../../support/reports.ts'

const called: CaseResult = { ...clean, report: boundedReport({ bound: 68, milliseconds: 200 }), right: false }
const accused: CaseResult = { ...clean, report: leakReport({ milliseconds: 200 }), right: false }
const silent: CaseResult = {
  name: 'worker',
  group: 'leak',
  half: 'tuned',
  right: false,
  error: { name: 'Error', message: 'no' },
}

it('has a line for each part, and says what is wrong and what is missing', () => {
  const parts = [
    { name: 'controls', of: 3, results: [clean, called] },
    { name: 'jest', of: 2, results: [found, clean] },
  ]
  expect(formatSoak(parts)).toBe(
    [
      '          verdicts  leaks found  accused  clean right  bounded right  sites  retainers  median',
      'controls  2/3       –            0/2      1/2          –              –      –          0.20 s',
      'jest      2/2       1/1          0/1      1/1          –              100 %  100 %      0.40 s',
      '',
      'controls: json-noise is called bounded at 68, 1 of 2',
      'controls: 1 verdicts are still to come',
    ].join('\n'),
  )
})

it.each([
  ['an accused control', [accused], ['part: missed, accused 1/1']],
  ['a leak without verdict', [silent], ['part: missed, leaks found 0/1', 'part: missed, came to a verdict 0/1']],
  ['a control that is called bounded', [called], []],
])('counts %s as a miss or not', (_, results, misses) => {
  expect(missesOf([{ name: 'part', of: 1, results }])).toEqual(misses)
})
