import { alignColumns } from './columns.ts'
import type { CaseResult } from './result.ts'

/** What the corpus as a whole has to reach, as shares. A control that is accused of a leak is never right. */
const TARGETS = { right: 0.99, sites: 0.95, retainers: 0.9 }

/** How many of how many. */
interface Count {
  readonly good: number
  readonly of: number
}

/** The figures of some results together. */
export interface Totals {
  readonly found: Count
  /** Controls called a leak. */
  readonly accused: Count
  /** Cases that came to a report, whatever it says. */
  readonly judged: Count
  /** Controls that are clean, and were called so. */
  readonly clean: Count
  /** Controls that keep within a bound, and were called so. */
  readonly bounded: Count
  readonly sites: Count
  readonly retainers: Count
  readonly counters: Count
  /** Milliseconds that a verdict took, the median of all; NaN when there is none. */
  readonly median: number
  /** The same of clean controls alone. */
  readonly medianOfClean: number
  /** Whether no target was missed, and clean was told from bounded as well. */
  readonly good: boolean
}

export function totalsOf(results: readonly CaseResult[]): Totals {
  const leaks = results.filter(({ group }) => group === 'leak')
  const controls = results.filter(({ group }) => group === 'control')
  const figures = {
    found: count(leaks.map(({ right }) => right)),
    accused: count(controls.map(({ report }) => report?.verdict === 'leak')),
    judged: count(results.map(({ report }) => report !== undefined)),
    clean: count(controls.filter(isClean).map(({ right }) => right)),
    bounded: count(controls.filter(result => !isClean(result)).map(({ right }) => right)),
    sites: count(leaks.map(({ siteRight }) => siteRight)),
    retainers: count(leaks.map(({ retainerRight }) => retainerRight)),
    counters: count(leaks.map(({ counterRight }) => counterRight)),
    median: medianTime(results),
    medianOfClean: medianTime(controls.filter(isClean)),
  }
  const toldApart = isMet(count(controls.map(({ right }) => right)), TARGETS.right)
  return { ...figures, good: toldApart && missedTargets(figures).length === 0 }
}

/** What was missed, each in a few words. */
export function missedTargets({
  found,
  accused,
  judged,
  sites,
  retainers,
}: Pick<Totals, 'found' | 'accused' | 'judged' | 'sites' | 'retainers'>): readonly string[] {
  return [
    ...(accused.good > 0 ? [`accused ${formatCount(accused)}`] : []),
    ...(isMet(found, TARGETS.right) ? [] : [`leaks found ${formatCount(found)}`]),
    ...(isMet(judged, TARGETS.right) ? [] : [`came to a verdict ${formatCount(judged)}`]),
    ...(isMet(sites, TARGETS.sites) ? [] : [`sites ${formatShare(sites)}`]),
    ...(isMet(retainers, TARGETS.retainers) ? [] : [`retainers ${formatShare(retainers)}`]),
  ]
}

/** In one line, e.g. `leaks found 43/44, accused 0/30, … median 0.4 s`. */
export function formatTotals(totals: Totals): string {
  const { found, accused, clean, bounded, sites, retainers, counters, median, medianOfClean } = totals
  return [
    `leaks found ${formatCount(found)}`,
    `accused ${formatCount(accused)}`,
    `clean right ${formatCount(clean)}`,
    `bounded right ${formatCount(bounded)}`,
    `sites ${formatShare(sites)}`,
    `retainers ${formatShare(retainers)}`,
    `counters ${formatShare(counters)}`,
    `median ${formatSeconds(median)} (clean ${formatSeconds(medianOfClean)})`,
  ].join(', ')
}

/** A table with one line per case, and its verdicts counted when it ran in several rounds. */
export function formatTable(results: readonly CaseResult[]): string {
  const lines = [...Map.groupBy(results, ({ name }) => name)].map(([name, runs]) => [
    name,
    formatExpected(runs),
    formatVerdicts(runs),
    formatRight(runs.map(({ siteRight }) => siteRight)),
    formatRight(runs.map(({ retainerRight }) => retainerRight)),
    formatSeconds(medianTime(runs)),
    runs.every(({ right }) => right) ? '' : '← wrong',
  ])
  const table = [['name', 'expected', 'verdict', 'site', 'retainer', 'time', ''], ...lines]
  return alignColumns(table)
}

function isClean({ expected }: CaseResult): boolean {
  return expected?.verdict === 'clean'
}

function formatExpected([run]: readonly CaseResult[]): string {
  const { verdict = '?', bound } = run?.expected ?? {}
  return bound === undefined ? verdict : `${verdict} ${bound}`
}

function formatVerdicts(runs: readonly CaseResult[]): string {
  const verdicts = runs.map(({ report, error }) => {
    if (report === undefined) return error?.code ?? 'error'
    return report.bound === undefined || runs.length > 1 ? report.verdict : `${report.verdict} ${report.bound}`
  })
  return [...Map.groupBy(verdicts, verdict => verdict)]
    .map(([verdict, same]) => (runs.length > 1 ? `${verdict} ×${same.length}` : verdict))
    .join(', ')
}

function formatRight(values: readonly (boolean | undefined)[]): string {
  const { good, of } = count(values)
  if (of === 0) return ''
  if (of > 1) return `${good}/${of}`
  return good === 1 ? 'yes' : 'NO'
}

/** What nothing was expected of is not counted. */
function count(values: readonly (boolean | undefined)[]): Count {
  return { good: values.filter(value => value === true).length, of: values.filter(value => value !== undefined).length }
}

function isMet({ good, of }: Count, target: number): boolean {
  return good >= of * target
}

function medianTime(results: readonly CaseResult[]): number {
  const times = results.flatMap(({ report }) => (report ? [report.milliseconds] : [])).toSorted((a, b) => a - b)
  return times[Math.floor(times.length / 2)] ?? Number.NaN
}

export function formatCount({ good, of }: Count): string {
  return `${good}/${of}`
}

export function formatShare({ good, of }: Count): string {
  return of === 0 ? '–' : `${((100 * good) / of).toFixed(0)} %`
}

export function formatSeconds(milliseconds: number): string {
  return Number.isNaN(milliseconds) ? '–' : `${(milliseconds / 1_000).toFixed(2)} s`
}
