import { alignColumns } from '../columns.ts'
import type { CaseResult } from '../result.ts'
import { formatCount, formatSeconds, formatShare, missedTargets, totalsOf } from '../summary.ts'

/** What is there of a part. */
export interface PartResults {
  readonly name: string
  /** How many verdicts it has to have. */
  readonly of: number
  readonly results: readonly CaseResult[]
}

/** A line per part, what was wrong in each, and what is still missing. */
export function formatSoak(parts: readonly PartResults[]): string {
  const table = alignColumns([HEADER, ...parts.map(formatPart)])
  const notes = [...parts.flatMap(formatWrong), ...missesOf(parts)]
  return notes.length === 0 ? table : `${table}\n\n${notes.join('\n')}`
}

/** What keeps the soak from being good: targets that were missed, and verdicts that are not there. */
export function missesOf(parts: readonly PartResults[]): readonly string[] {
  return parts.flatMap(({ name, of, results }) => [
    ...missedTargets(totalsOf(results)).map(miss => `${name}: missed, ${miss}`),
    ...(results.length < of ? [`${name}: ${of - results.length} verdicts are still to come`] : []),
  ])
}

const HEADER = [
  '',
  'verdicts',
  'leaks found',
  'accused',
  'clean right',
  'bounded right',
  'sites',
  'retainers',
  'median',
]

function formatPart({ name, of, results }: PartResults): string[] {
  const { found, accused, clean, bounded, sites, retainers, median } = totalsOf(results)
  return [
    name,
    `${results.length}/${of}`,
    ...[found, accused, clean, bounded].map(count => (count.of === 0 ? '–' : formatCount(count))),
    formatShare(sites),
    formatShare(retainers),
    formatSeconds(median),
  ]
}

function formatWrong({ name, results }: PartResults): string[] {
  const wrong = results.filter(({ right }) => !right)
  return [...Map.groupBy(wrong, result => `${result.name} is called ${calledOf(result)}`)].map(
    ([what, same]) => `${name}: ${what}, ${same.length} of ${results.filter(one => one.name === same[0]?.name).length}`,
  )
}

function calledOf({ report, error }: CaseResult): string {
  if (report === undefined) return error?.code ?? 'nothing'
  return report.bound === undefined ? report.verdict : `${report.verdict} at ${report.bound}`
}
