import { accessSync, constants, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  formatJunit,
  formatMarkdown,
  formatSvg,
  isReport,
  readBaseline,
  updateBaseline,
  type LeakReport,
  type TestOutcome,
  type Verdict,
} from '@oakum/leaktest'
import { UsageError } from '../command/errors.ts'
import { printLine } from '../output/print.ts'

/** Where what was found is written to. */
export interface Documents {
  /** `-` is stdout. */
  readonly markdown?: string | undefined
  /** `-` is stdout. */
  readonly junit?: string | undefined
  /** A folder. */
  readonly svg?: string | undefined
  /** What it says of tests that did not run stays. */
  readonly baseline?: string | undefined
}

/** What the documents tell. */
export interface Results {
  readonly outcomes: readonly TestOutcome[]
  /** What was found, before a baseline was looked at. */
  readonly found: readonly LeakReport[]
  readonly failOn: ReadonlySet<Verdict>
}

/**
 * Makes the folders of what is to be written. Throws {@link UsageError} for what cannot be, and BASELINE_UNREADABLE for what is
 * there instead of a baseline: nobody wants to learn that after a run.
 */
export function prepareDocuments({ markdown, junit, svg, baseline }: Documents): void {
  if (markdown !== undefined && markdown !== '-') prepareFile('--markdown', markdown)
  if (junit !== undefined && junit !== '-') prepareFile('--junit', junit)
  if (svg !== undefined) prepareFolder('--svg', svg)
  if (baseline === undefined) return
  prepareFile('--save-baseline', baseline)
  // A baseline is written beside the old one, which it then replaces.
  prepareFolder('--save-baseline', dirname(baseline))
  if (existsSync(baseline)) readBaseline(baseline)
}

/**
 * Writes what was asked for, each document whatever becomes of the others. Throws what the system says, INVALID_OPTION for a
 * baseline with two tests of one name, and an AggregateError of several such.
 */
export async function writeDocuments(documents: Documents, results: Results): Promise<void> {
  const errors: unknown[] = []
  for (const writeNext of writesOf(documents, results)) {
    try {
      await writeNext()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) throw new AggregateError(errors, errors.map(messageOf).join('; '))
}

type Write = () => void | Promise<void>

function writesOf({ markdown, junit, svg, baseline }: Documents, { outcomes, found, failOn }: Results): Write[] {
  const writes: Write[] = []
  if (markdown !== undefined) writes.push(() => write(markdown, formatMarkdown(outcomes)))
  if (junit !== undefined) writes.push(() => write(junit, formatJunit(outcomes, { failOn })))
  if (svg !== undefined) {
    const reports = outcomes.filter(isReport)
    const names = fileNamesOf(reports)
    reports.forEach((report, index) => {
      writes.push(() => writeFileSync(join(svg, `${names[index]}.svg`), formatSvg(report)))
    })
  }
  if (baseline !== undefined) writes.push(() => updateBaseline(baseline, found))
  return writes
}

async function write(file: string, text: string): Promise<void> {
  if (file === '-') await printLine(text.trimEnd())
  else writeFileSync(file, text)
}

function prepareFile(option: string, file: string): void {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats?.isDirectory() === true) throw new UsageError(`${option} wants a file, and ${file} is a folder`)
  if (stats === undefined) prepareFolder(option, dirname(file))
  else refusing(option, file, () => accessSync(file, constants.W_OK))
}

function prepareFolder(option: string, folder: string): void {
  refusing(option, folder, () => {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
  })
}

function refusing(option: string, path: string, prepare: () => void): void {
  try {
    prepare()
  } catch (error) {
    throw new UsageError(`${option} cannot be written to ${path}: ${messageOf(error)}`, { cause: error })
  }
}

/** Of each report its name as that of a file: `src/cancel.leak.ts › loop` is `src-cancel.leak.ts-loop`. */
function fileNamesOf(reports: readonly LeakReport[]): string[] {
  const taken = new Set<string>()
  return reports.map(({ name }) => {
    const plain = name.replaceAll(/[^\p{L}\p{N}._]+/gu, '-').replaceAll(/^[-.]+|-+$/g, '') || 'scenario'
    let free = plain
    // Some systems take `A` and `a` for one file.
    for (let count = 2; taken.has(free.toLowerCase()); count++) free = `${plain}-${count}`
    taken.add(free.toLowerCase())
    return free
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
