import { formatText } from '@oakum/leaktest'
import { beforeAll, expect, it } from 'vitest'
import { inParallel } from '../../corpus/in-parallel.ts'
import { loadCorpus } from '../../corpus/index.ts'
import { runIsolated } from '../../corpus/isolated-case.ts'
import type { CaseResult } from '../../corpus/result.ts'

/** Milliseconds: some minutes on a machine that has nothing else to do. */
const LIMIT = 1_800_000

const results: CaseResult[] = []

beforeAll(async () => {
  const { signal } = new AbortController()
  await inParallel(await loadCorpus(), { parallel: 2, signal }, async corpusCase => {
    results.push(await runIsolated(corpusCase, signal))
  })
}, LIMIT)

it('comes to a verdict on each case', () => {
  expect(results.filter(({ report }) => report === undefined).map(explain)).toEqual([])
})

it('accuses no control', () => {
  const accused = results.filter(({ group, report }) => group === 'control' && report?.verdict === 'leak')
  expect(accused.map(explain)).toEqual([])
})

it('finds every leak', () => {
  expect(results.filter(({ group, right }) => group === 'leak' && !right).map(explain)).toEqual([])
})

it('names the site of 95 % of the leaks', () => {
  const { wrong, allowed } = besides('siteRight', 0.05)
  expect(wrong.length, wrong.join('\n\n')).toBeLessThanOrEqual(allowed)
})

it('names who holds what stays for 90 % of the leaks', () => {
  const { wrong, allowed } = besides('retainerRight', 0.1)
  expect(wrong.length, wrong.join('\n\n')).toBeLessThanOrEqual(allowed)
})

function besides(what: 'siteRight' | 'retainerRight', share: number): { wrong: string[]; allowed: number } {
  const judged = results.filter(({ group, [what]: right }) => group === 'leak' && right !== undefined)
  return { wrong: judged.filter(({ [what]: right }) => right === false).map(explain), allowed: judged.length * share }
}

/** All that is known, since the run that failed may be somewhere else. */
function explain({ name, expected, report, error }: CaseResult): string {
  const text = report === undefined ? `${error?.code ?? error?.name}: ${error?.message}` : formatText(report)
  return `${name}, expected: ${JSON.stringify(expected)}\n${text}`
}
