/**
 * What tests found once, in a file, so that later only what is worse is a leak.
 *
 * - A test is known by its name, a site by its function and file: lines move with every edit. A method is known without its
 *   class, which only a snapshot tells.
 * - A rate is worse when it is more than a quarter above what it was; the rest is the spread of a measurement.
 * - Only a leak makes allowances: what was clean, bounded or inconclusive has to be no leak later.
 * - A test or site that the file does not have is judged as if there were no baseline.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { LeaktestError } from './errors.ts'
import { describeFindings } from './findings.ts'
import { formatRate } from './format/amount.ts'
import { shortenPath } from './format/place.ts'
import type { CounterRise, Estimate, LeakReport, LeakSite } from './report.ts'
import { siteText, withoutClass } from './site-names.ts'

/** What a baseline file holds. */
export interface Baseline {
  readonly version: 1
  /** Version of Node that it was measured with. */
  readonly node: string
  /** By the name of the test. */
  readonly reports: Readonly<Record<string, BaselineEntry>>
}

/** What was found in one test: nothing at all, unless it leaked. */
export interface BaselineEntry {
  readonly bytesPerIteration: Estimate
  readonly objectsPerIteration: Estimate
  /** How much each that rose did per iteration, as `{ 'listeners of AbortSignal': 1 }`. */
  readonly counters: Readonly<Record<string, number>>
  /** Objects that stayed per iteration, as `{ 'run (src/loop.ts)': 1 }`. */
  readonly sites: Readonly<Record<string, number>>
}

const MARGIN = 1.25
/** Rates below this are one object in a whole test. */
const LEAST_RATE = 0.005
const LEAST_BYTES = 8
const NOTHING: Estimate = { value: 0, low: 0, high: 0 }

/** Reads a baseline. Throws BASELINE_UNREADABLE. */
export function readBaseline(file: string): Baseline {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'is no JSON' : 'cannot be read'
    throw new LeaktestError('BASELINE_UNREADABLE', `The baseline ${file} ${why}.`, { cause, facts: { file } })
  }
  if (!isBaseline(value)) {
    const message = `${file} is no baseline of leak tests that this version reads.`
    throw new LeaktestError('BASELINE_UNREADABLE', message, { facts: { file } })
  }
  return value
}

/**
 * Writes what tests found as the baseline of later ones, in place of what the file had. A crash leaves the old file.
 * Throws INVALID_OPTION for two reports of one name, and what the system says of the file.
 * @param cwd Sites below it are named from there, so that the file holds on another machine. @default the process's own
 */
export function saveBaseline(file: string, reports: readonly LeakReport[], cwd: string = process.cwd()): void {
  write(file, entriesOf(reports, cwd))
}

/**
 * Writes what tests found into a baseline, made if need be; what it says of tests of other names stays. Throws as
 * {@link saveBaseline} and {@link readBaseline} do.
 * @param cwd Sites below it are named from there. @default the process's own
 */
export function updateBaseline(file: string, reports: readonly LeakReport[], cwd: string = process.cwd()): void {
  const known = existsSync(file) ? readBaseline(file).reports : {}
  write(file, { ...known, ...entriesOf(reports, cwd) })
}

/**
 * The report of a leak as the baseline lets it stand: with what is worse than there, and what is not among `ignored`. When
 * nothing is worse the verdict is clean.
 */
export function compareToBaseline(report: LeakReport, baseline: Baseline, cwd: string = process.cwd()): LeakReport {
  if (report.verdict !== 'leak') return report
  const entry = Object.hasOwn(baseline.reports, report.name) ? baseline.reports[report.name] : undefined
  if (entry === undefined) return { ...report, reasons: [...report.reasons, 'The baseline has no test of this name.'] }
  if (isBlank(entry)) return report
  const rates = siteRates(report.sites, cwd)
  const sites = report.sites.filter(site => {
    const key = siteKey(site, cwd)
    return isWorse(rates[key] ?? 0, entry.sites[key])
  })
  const counters = report.counters.filter(rise => isWorse(rise.perIteration, entry.counters[counterKey(rise)]))
  const bytesAreWorse = report.bytesPerIteration.low > entry.bytesPerIteration.high * MARGIN + LEAST_BYTES
  const ignored = [...report.ignored, ...knownOf(report, sites, counters, cwd)]
  if (sites.length === 0 && counters.length === 0 && !bytesAreWorse) {
    return { ...report, verdict: 'clean', findings: [], sites, counters, ignored }
  }
  const worse = { ...report, sites, counters, ignored }
  return { ...worse, findings: describeFindings(worse, cwd) }
}

function entriesOf(reports: readonly LeakReport[], cwd: string): Baseline['reports'] {
  const names = reports.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    const message = `Two tests are called "${twice}"; in a baseline each needs a name of its own.`
    throw new LeaktestError('INVALID_OPTION', message, { facts: { name: twice } })
  }
  return Object.fromEntries(reports.map(report => [report.name, entryOf(report, cwd)]))
}

function write(file: string, entries: Baseline['reports']): void {
  const sorted = Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const baseline: Baseline = { version: 1, node: process.version, reports: Object.fromEntries(sorted) }
  const draft = `${file}.${process.pid}.tmp`
  try {
    writeFileSync(draft, `${JSON.stringify(baseline, undefined, 2)}\n`)
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

function entryOf(report: LeakReport, cwd: string): BaselineEntry {
  const { verdict, bytesPerIteration, objectsPerIteration, counters, sites } = report
  if (verdict !== 'leak') return { bytesPerIteration: NOTHING, objectsPerIteration: NOTHING, counters: {}, sites: {} }
  return {
    bytesPerIteration,
    objectsPerIteration,
    counters: Object.fromEntries(counters.map(rise => [counterKey(rise), rise.perIteration])),
    sites: siteRates(sites, cwd),
  }
}

/** Whether the test did not leak: then all that leaks is new. */
function isBlank({ bytesPerIteration, counters, sites }: BaselineEntry): boolean {
  return bytesPerIteration.high <= 0 && Object.keys({ ...counters, ...sites }).length === 0
}

function knownOf(
  report: LeakReport,
  sites: readonly LeakSite[],
  counters: readonly CounterRise[],
  cwd: string,
): LeakReport['ignored'] {
  const reason = 'no worse than the baseline'
  const knownSites = new Set(report.sites.filter(site => !sites.includes(site)).map(site => siteKey(site, cwd)))
  const knownCounters = report.counters.filter(rise => !counters.includes(rise))
  return [
    ...[...knownSites].map(what => ({ what, reason })),
    ...knownCounters.map(rise => ({ what: formatRate(rise.perIteration, counterKey(rise), counterKey(rise)), reason })),
  ]
}

function isWorse(rate: number, before: number | undefined): boolean {
  return before === undefined || rate > before * MARGIN + LEAST_RATE
}

function siteRates(sites: readonly LeakSite[], cwd: string): Record<string, number> {
  const rates: Record<string, number> = {}
  for (const site of sites) {
    const key = siteKey(site, cwd)
    rates[key] = (rates[key] ?? 0) + site.objectsPerIteration
  }
  return rates
}

function siteKey({ function: name, file }: LeakSite, cwd: string): string {
  return siteText({ function: withoutClass(name), file: shortenPath(file, cwd) })
}

function counterKey({ counter, of }: CounterRise): string {
  return of === undefined ? counter : `${counter} of ${of}`
}

function isBaseline(value: unknown): value is Baseline {
  if (!isRecord(value) || value.version !== 1 || !isRecord(value.reports)) return false
  return Object.values(value.reports).every(
    entry => isRecord(entry) && isEstimate(entry.bytesPerIteration) && isRates(entry.counters) && isRates(entry.sites),
  )
}

function isEstimate(value: unknown): boolean {
  return isRecord(value) && ['value', 'low', 'high'].every(key => typeof value[key] === 'number')
}

function isRates(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every(rate => typeof rate === 'number')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
