import { styleText } from 'node:util'
import { NOUNS } from '../findings.ts'
import type { LeakReport, LeakSite, Verdict } from '../report.ts'
import { formatBytes, formatCount, formatInterval, formatNumber, formatRate, formatSeconds } from './amount.ts'
import { formatObjects } from './objects.ts'
import { countOutcomes, isReport, type FailedTest, type TestOutcome } from './outcome.ts'
import { formatFrame } from './place.ts'
import { plain } from './plain.ts'
import { sparkline } from './sparkline.ts'

/** Options of {@link formatText}. */
export interface TextOptions {
  /** Whether to colour it, for a terminal. @default false */
  readonly colour?: boolean
  /** Files below it are named from there. @default the process's own */
  readonly cwd?: string
}

type Paint = (style: Style, text: string) => string
type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan'

const SIGNS: Readonly<Record<Verdict, readonly [sign: string, style: Style]>> = {
  clean: ['✓', 'green'],
  bounded: ['✓', 'cyan'],
  leak: ['✗', 'red'],
  inconclusive: ['?', 'yellow'],
}
const SITES_SHOWN = 5

/** What tests found, for people: one paragraph for each, and the sum when there are several. Ends without a line break. */
export function formatText(outcomes: TestOutcome | readonly TestOutcome[], options: TextOptions = {}): string {
  const { colour = false, cwd = process.cwd() } = options
  const paint: Paint = (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text)
  if (!isList(outcomes)) return formatOne(outcomes, paint, cwd).join('\n')
  const blocks = outcomes.map(outcome => formatOne(outcome, paint, cwd).join('\n'))
  return [...blocks, ...(blocks.length > 1 ? ['', paint('bold', countOutcomes(outcomes))] : [])].join('\n')
}

function isList(outcomes: TestOutcome | readonly TestOutcome[]): outcomes is readonly TestOutcome[] {
  return Array.isArray(outcomes)
}

function formatOne(outcome: TestOutcome, paint: Paint, cwd: string): string[] {
  return isReport(outcome) ? formatReport(outcome, paint, cwd) : formatFailed(outcome, paint)
}

function formatFailed({ name, error }: FailedTest, paint: Paint): string[] {
  const message = plain(error.message.replaceAll(/\s+/g, ' '))
  return [`${paint('red', '✗ failed')}  ${paint('bold', plain(name))}`, `  ${message} (${error.code})`]
}

function formatReport(report: LeakReport, paint: Paint, cwd: string): string[] {
  const { verdict, findings, reasons, ignored } = report
  const lines = [headOf(report, paint), ...findings.map(finding => `  ${plain(finding)}`)]
  if (verdict !== 'clean') lines.push(...table(measurements(report), paint), ...siteLines(report, paint, cwd))
  lines.push(...reasons.map(reason => `  ${paint('dim', 'note')}  ${plain(reason)}`))
  lines.push(...ignored.map(({ what, reason }) => `  ${paint('dim', `ignored  ${plain(what)}: ${plain(reason)}`)}`))
  if (verdict !== 'clean') lines.push(`  ${paint('dim', circumstances(report))}`)
  return lines
}

function headOf(report: LeakReport, paint: Paint): string {
  const { verdict, name, bound, bytesPerIteration, iterations, milliseconds } = report
  const [sign, style] = SIGNS[verdict]
  const label = bound !== undefined && verdict === 'bounded' ? `bounded at about ${formatNumber(bound)}` : verdict
  const head = `${paint(style, `${sign} ${label}`)}  ${paint('bold', plain(name))}`
  if (verdict !== 'clean') return head
  const figures = `${formatBytes(bytesPerIteration.value)} per iteration, ${formatNumber(iterations)} iterations`
  return `${head}  ${paint('dim', `${figures} in ${formatSeconds(milliseconds)}`)}`
}

function measurements({ bytesPerIteration: bytes, objectsPerIteration: objects, counters }: LeakReport): Row[] {
  return [
    ['bytes', formatNumber(bytes.value), 'per iteration', `(${formatInterval(bytes)})`],
    ['objects', formatNumber(objects.value), 'per iteration', `(${formatInterval(objects)})`],
    ...counters.map(({ counter, of, before, after, perIteration }): Row => [
      counter,
      ...apart(formatRate(perIteration, ...NOUNS[counter])),
      `(${formatNumber(before)} → ${formatNumber(after)})${of === undefined ? '' : `  ${plain(of)}`}`,
    ]),
  ]
}

/** The number of a rate, and what it is of. */
function apart(rate: string): [value: string, unit: string] {
  const space = rate.indexOf(' ')
  return [rate.slice(0, space), rate.slice(space + 1)]
}

type Row = readonly [name: string, value: string, unit: string, more: string]

function table(rows: readonly Row[], paint: Paint): string[] {
  const [names, values] = [0, 1].map(column => Math.max(...rows.map(row => (row[column] ?? '').length)))
  return rows.map(([name, value, unit, more]) => {
    const label = paint('dim', name.padEnd(names ?? 0))
    return `  ${label}  ${value.padStart(values ?? 0)} ${unit}  ${paint('dim', more)}`
  })
}

function siteLines({ sites, batch }: LeakReport, paint: Paint, cwd: string): string[] {
  const shown = sites.slice(0, SITES_SHOWN)
  const lines = shown.flatMap(site => siteLine(site, batch, paint, cwd))
  if (sites.length > shown.length) lines.push(`  ${paint('dim', `… and ${sites.length - shown.length} more sites`)}`)
  return lines
}

function siteLine(site: LeakSite, batch: number, paint: Paint, cwd: string): string[] {
  const { bytesPerIteration, survivors, exact } = site
  const approximate = exact ? '' : paint('dim', ' (line of the function)')
  const scale = `of each ${formatCount(batch, 'iteration')}, oldest first, at most ${formatNumber(Math.max(0, ...survivors))}`
  return [
    `  ${paint('dim', 'site')}  ${plain(formatFrame(site, cwd))}${approximate}  ${plain(formatObjects(site))}, ${formatBytes(bytesPerIteration)}`,
    `        ${paint('yellow', sparkline(survivors))}  ${paint('dim', scale)}`,
  ]
}

function circumstances({ iterations, warmup, milliseconds, seed, node, sensitivity }: LeakReport): string {
  const sees = Number.isFinite(sensitivity) && sensitivity > 0 ? [`sees 1 leak in ${formatNumber(sensitivity)}`] : []
  return [
    `${formatCount(iterations, 'iteration')} after ${formatNumber(warmup)} of warm-up`,
    formatSeconds(milliseconds),
    ...sees,
    `seed ${seed}`,
    `Node ${node}`,
  ].join(', ')
}
