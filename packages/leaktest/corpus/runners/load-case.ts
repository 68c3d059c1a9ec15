/**
 * What a runner's test file knows of its case: which one, and where to tell what came of it.
 *
 * The report is not handed on by the test, which only asserts, as a user's would: the engine gives it to whoever listens. A runner
 * that listens itself, as `oakum leaktest` does, is left to tell it in its own way.
 */
import { appendFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { LeakReport } from '@oakum/leaktest'
import type { CorpusModule } from '../case.ts'
import type { Answer } from './answer.ts'

const REPORT = Symbol.for('oakum.leaktest.report')

/** Imports the case that `OAKUM_CASE` names, and has `OAKUM_ANSWER` told what it expects and, later, its report. */
export async function loadCase(): Promise<CorpusModule> {
  const { href } = pathToFileURL(process.env['OAKUM_CASE'] ?? '')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a test checks the exports of the whole corpus
  const module = (await import(/* @vite-ignore */ href)) as CorpusModule
  tell({ expected: module.expected })
  const shared: typeof globalThis & { [REPORT]?: (report: LeakReport) => void } = globalThis
  shared[REPORT] ??= report => tell({ report })
  return module
}

/** Written at once, so that nothing of it stays in the process that is measured. */
function tell(part: Answer): void {
  appendFileSync(process.env['OAKUM_ANSWER'] ?? '', `${JSON.stringify(part)}\n`)
}
