import { describe, expect, it } from 'vitest'
import type { CaseResult } from '../../corpus/result.ts'
import { formatTable, formatTotals, totalsOf } from '../../corpus/summary.ts'
import { clean, found } from '../support/case-results.ts'
import { boundedReport, cleanReport, leakReport } from '../support/reports.ts'

const missed: CaseResult = { ...found, report: cleanReport({ milliseconds: 900 }), right: false, siteRight: false }
const accused: CaseResult = { ...clean, report: leakReport({ milliseconds: 300 }), right: false }
const bounded: CaseResult = {
  ...clean,
  name: 'lru-2000',
  expected: { verdict: 'bounded', bound: 2_000 },
  report: boundedReport({ bound: 1_990, milliseconds: 600 }),
}
const silent: CaseResult = {
  name: 'worker',
  group: 'leak',
  half: 'tuned',
  right: false,
  error: { name: 'Error', message: 'It took longer than 60000 ms.' },
}

const times = (count: number, result: CaseResult): CaseResult[] => Array.from({ length: count }, () => result)

describe('the totals', () => {
  it('say what was found, who was accused, and how long it took', () => {
    const line = formatTotals(totalsOf([found, missed, clean, bounded]))
    expect(line).toBe(
      'leaks found 1/2, accused 0/2, clean right 1/1, bounded right 1/1, sites 50 %, retainers 100 %, counters –, median 0.60 s (clean 0.20 s)',
    )
  })

  it('are good when all is right', () => {
    expect(totalsOf([found, clean, bounded]).good).toBe(true)
  })

  it.each([
    ['a leak is missed', [found, missed]],
    ['a case has no report', [found, silent]],
    ['a bound is wrong', [bounded, { ...bounded, right: false }]],
    ['too few sites are named', [...times(9, found), { ...found, siteRight: false }]],
    ['too few retainers are named', [...times(8, found), { ...found, retainerRight: false }]],
    ['one control in a thousand is accused', [...times(999, clean), accused]],
  ])('are not good when %s', (_, results) => {
    expect(totalsOf(results).good).toBe(false)
  })

  it('forgive one leak missed in a hundred', () => {
    const rounds = times(99, found)
    expect(totalsOf([...rounds, { ...found, right: false }]).good).toBe(true)
    expect(totalsOf([...rounds.slice(1), { ...found, right: false }]).good).toBe(false)
  })
})

describe('the table', () => {
  it('has a line per case, and points at what is wrong', () => {
    expect(formatTable([found, bounded, accused, silent])).toBe(
      [
        'name        expected      verdict       site  retainer  time',
        'listener    leak          leak          yes   yes       0.40 s',
        'lru-2000    bounded 2000  bounded 1990                  0.60 s',
        'json-noise  clean         leak                          0.30 s  ← wrong',
        'worker      ?             error                         –       ← wrong',
      ].join('\n'),
    )
  })

  it('counts the verdicts of several rounds', () => {
    const [, line] = formatTable([found, missed, found]).split('\n')
    expect(line).toMatch(/^listener {2}leak +leak ×2, clean ×1 +2\/3 +3\/3 +0\.40 s {2}← wrong$/)
  })
})
