/** What the leak test makes of a report leaves nothing itself; reports that somebody remembers are caught. */
import { expect, it } from 'vitest'
import {
  describeFindings,
  formatJsonLines,
  formatJunit,
  formatMarkdown,
  formatSvg,
  formatText,
  leaktest,
  type LeakReport,
} from '../src/index.ts'
import { expectCaught, expectClean } from './support/pair.ts'
import { CWD, leakReport } from './support/reports.ts'

it('texts, charts and documents of a report leave nothing', async () => {
  await expectClean(({ iteration }) => {
    const report = leakReport({ name: `test ${iteration}` })
    const outcomes = [report]
    expect(describeFindings(report, CWD)).toHaveLength(1)
    for (const format of [formatJsonLines, formatJunit, formatMarkdown]) format(outcomes)
    formatText(report)
    formatSvg(report)
  })
})

it('a test that is refused beside another leaves nothing', async () => {
  await expectClean(async () => {
    const refused: unknown = await leaktest('second', () => {}).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'LEAKTEST_CONCURRENT' })
  })
})

it('reports that are remembered are caught', async () => {
  const remembered: LeakReport[] = []
  const planted = function remembersReports(): void {
    const report = leakReport()
    remembered.push({ ...report, findings: describeFindings(report, CWD) })
  }
  await expectCaught({ function: planted.name, file: import.meta.filename }, planted)
})
