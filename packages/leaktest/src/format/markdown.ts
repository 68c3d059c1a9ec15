import type { LeakReport } from '../report.ts'
import { formatBytes, formatCount, formatInterval, formatNumber, formatSeconds } from './amount.ts'
import { countOutcomes, isReport, type FailedTest, type TestOutcome } from './outcome.ts'
import { formatPlace } from './place.ts'
import { plain } from './plain.ts'
import { sparkline } from './sparkline.ts'

/** Options of {@link formatMarkdown}. */
export interface MarkdownOptions {
  /** Files below it are named from there. @default the process's own */
  readonly cwd?: string
}

/** What tests found, as Markdown for a summary of a build or a comment: a table of all, then what is to be acted on. */
export function formatMarkdown(outcomes: readonly TestOutcome[], options: MarkdownOptions = {}): string {
  const { cwd = process.cwd() } = options
  const sections = outcomes.flatMap(outcome =>
    isReport(outcome) ? reportSection(outcome, cwd) : failedSection(outcome),
  )
  return [
    `**${countOutcomes(outcomes)}**`,
    '',
    '| scenario | verdict | bytes per iteration | objects per iteration | iterations | time |',
    '|---|---|--:|--:|--:|--:|',
    ...outcomes.map(row),
    ...sections,
    '',
  ].join('\n')
}

function row(outcome: TestOutcome): string {
  if (!isReport(outcome)) return `| ${escape(outcome.name)} | **failed** | | | | |`
  const { name, verdict, bound, bytesPerIteration: bytes, objectsPerIteration: objects } = outcome
  const label = verdict === 'bounded' && bound !== undefined ? `bounded at about ${formatNumber(bound)}` : verdict
  const cells = [
    escape(name),
    verdict === 'clean' || verdict === 'bounded' ? label : `**${label}**`,
    `${formatNumber(bytes.value)} (${formatInterval(bytes)})`,
    `${formatNumber(objects.value)} (${formatInterval(objects)})`,
    formatNumber(outcome.iterations),
    formatSeconds(outcome.milliseconds),
  ]
  return `| ${cells.join(' | ')} |`
}

function failedSection({ name, error }: FailedTest): string[] {
  return ['', `### ${escape(name)}`, '', `${escape(error.message.replaceAll(/\s+/g, ' '))} (\`${error.code}\`)`]
}

function reportSection(report: LeakReport, cwd: string): string[] {
  const { verdict, name, findings, reasons, ignored, sites } = report
  if (verdict === 'clean' && ignored.length === 0 && reasons.length === 0) return []
  const bullets = [
    ...findings.map(finding => `- ${escapeOutsideCode(finding)}`),
    ...reasons.map(reason => `- ${escape(reason)}`),
    ...ignored.map(({ what, reason }) => `- ignored: ${escape(what)}: ${escape(reason)}`),
  ]
  return [
    '',
    `### ${escape(name)}`,
    '',
    ...bullets,
    ...(verdict === 'clean' || sites.length === 0 ? [] : siteTable(report, cwd)),
  ]
}

function siteTable({ sites, batch, seed, node }: LeakReport, cwd: string): string[] {
  return [
    '',
    `| site | objects per iteration | bytes | survivors of each ${formatCount(batch, 'iteration')} | retained by |`,
    '|---|--:|--:|---|---|',
    ...sites.map(site => {
      const where = [site.function, formatPlace(site, cwd)]
        .filter(text => text !== '')
        .map(code)
        .join(' ')
      const cells = [
        where,
        `${formatNumber(site.objectsPerIteration)}${site.type === undefined ? '' : ` ${escape(site.type)}`}`,
        formatBytes(site.bytesPerIteration),
        sparkline(site.survivors),
        site.retainers === undefined ? '' : escape(site.retainers.text),
      ]
      return `| ${cells.join(' | ')} |`
    }),
    '',
    `Seed ${seed}, Node ${escape(node)}.`,
  ]
}

/** Text that shows as it is, also in the cell of a table. */
function escape(text: string): string {
  return plain(text).replaceAll(/[\\`*_{}[\]<>|#~&]/g, character => `\\${character}`)
}

/** The same for a sentence that sets names in backticks. */
function escapeOutsideCode(text: string): string {
  return plain(text)
    .split(/(`[^`]*`)/)
    .map(part => (part.startsWith('`') && part.length > 1 ? part : escape(part)))
    .join('')
}

function code(text: string): string {
  return `\`${plain(text).replaceAll('`', '’').replaceAll('|', '\\|')}\``
}
