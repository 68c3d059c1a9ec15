import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  formatJunit,
  formatMarkdown,
  formatSvg,
  isReport,
  saveBaseline,
  type TestOutcome,
  type Verdict,
} from '@oakum/leaktest'
import { printLine } from '../output/print.ts'

/** Where what was found is written to; a file called `-` is stdout. */
export interface Documents {
  readonly markdown?: string | undefined
  readonly junit?: string | undefined
  /** A folder, which is made if need be. */
  readonly svg?: string | undefined
  readonly baseline?: string | undefined
}

/** Writes what was asked for. Throws what the system says, and INVALID_OPTION for a baseline with two tests of one name. */
export async function writeDocuments(
  { markdown, junit, svg, baseline }: Documents,
  outcomes: readonly TestOutcome[],
  failOn: ReadonlySet<Verdict>,
): Promise<void> {
  if (markdown !== undefined) await write(markdown, formatMarkdown(outcomes))
  if (junit !== undefined) await write(junit, formatJunit(outcomes, { failOn }))
  const reports = outcomes.filter(isReport)
  if (svg !== undefined) {
    mkdirSync(svg, { recursive: true })
    for (const report of reports) writeFileSync(join(svg, `${fileNameOf(report.name)}.svg`), formatSvg(report))
  }
  if (baseline !== undefined) saveBaseline(baseline, reports)
}

async function write(file: string, text: string): Promise<void> {
  if (file === '-') await printLine(text.trimEnd())
  else writeFileSync(file, text)
}

/** A name as that of a file: `src/cancel.leak.ts › loop` is `src-cancel.leak.ts-loop`. */
function fileNameOf(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}._]+/gu, '-').replaceAll(/^[-.]+|-+$/g, '') || 'scenario'
}
