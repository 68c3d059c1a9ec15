/** From the evidence to the report: the verdict, and what a person needs to act on it. */
import { BATCHES, type Births } from './births.ts'
import { chargesOf, type Charges } from './charges.ts'
import { confirm } from './confirm.ts'
import { now } from './engine.ts'
import { estimate } from './estimate.ts'
import { describeFindings } from './findings.ts'
import { slopes } from './heap-growth.ts'
import type { Inspector } from './inspector.ts'
import type { Runner } from './iterate.ts'
import { judge } from './judge.ts'
import type { LeaktestOptions } from './options.ts'
import { PLAN } from './plan.ts'
import type { Estimate, LeakReport, LeakSite, Verdict } from './report.ts'
import { siteOf } from './sites.ts'
import type { Evidence } from './trial.ts'

/** The part of what the heap grew by that one place has to have made, to be blamed for it. */
const GROWN = 0.25
/** Survivors that a leak has at least, of all that were made in the batches that count. */
const NEEDED = 7

export interface ReportInput {
  readonly name: string
  readonly evidence: Evidence
  readonly options: Pick<LeaktestOptions, 'budget' | 'ignore' | 'instances' | 'retainers' | 'iterations' | 'time'>
  readonly seed: number
  /** By `now()`. */
  readonly began: number
  readonly inspector: Inspector
  readonly iterations: Runner
}

export async function reportOn(input: ReportInput): Promise<LeakReport> {
  const { name, evidence, options, seed, began } = input
  const charges = chargesOf(evidence, options)
  const { verdict, reasons } = judge(evidence, charges, options.iterations !== undefined)
  const bounded = evidence.births.filter(({ pattern }) => pattern === 'bounded')
  const accused = verdict === 'bounded' ? bounded : accusedBy(charges, evidence)
  const confirmed = verdict === 'leak' ? await confirm(input, accused) : { sites: undefined, rises: [] }
  const sites = (confirmed.sites ?? accused.map(births => siteOf(births))).toSorted(byDistanceFromRoot)
  const objects =
    accused.length === 0 ? [0] : perIteration(accused, evidence, ({ survivors }) => survivors.slice(1, -1))
  const report = {
    name,
    verdict,
    reasons,
    iterations: evidence.iterations,
    warmup: evidence.warmup,
    bytesPerIteration: bytesPerIteration(verdict, accused, evidence),
    objectsPerIteration: estimate(objects),
    counters: [...charges.rises, ...confirmed.rises],
    sites,
    batch: evidence.iterations / BATCHES,
    ignored: charges.ignored,
    sensitivity: (evidence.iterations * evidence.sampled) / NEEDED,
    milliseconds: now() - began,
    seed,
    node: process.version,
  }
  const bound = verdict === 'bounded' ? Math.round(Math.max(...bounded.map(births => births.bound))) : undefined
  const whole = bound === undefined ? report : { ...report, bound }
  return { ...whole, findings: describeFindings(whole) }
}

/** The code to blame: where only the heap grew, that which made the largest of what is there. */
function accusedBy({ births, rises, growth }: Charges, evidence: Evidence): readonly Births[] {
  if (births.length > 0 || rises.length > 0 || growth === 0) return births
  const grown = growth * evidence.iterations
  return evidence.births.filter(({ bytes }) => bytes > grown * GROWN).toSorted((a, b) => b.bytes - a.bytes)
}

/** What is nearest to a root holds the others: its site is the one to look at. */
function byDistanceFromRoot(a: LeakSite, b: LeakSite): number {
  return (
    (a.retainers?.steps.length ?? Infinity) - (b.retainers?.steps.length ?? Infinity) ||
    b.bytesPerIteration - a.bytesPerIteration
  )
}

function bytesPerIteration(verdict: Verdict, accused: readonly Births[], evidence: Evidence): Estimate {
  if (verdict === 'leak' && accused.length > 0)
    return estimate(perIteration(accused, evidence, births => births.bytesByBatch))
  if (verdict === 'leak') return estimate(slopes(evidence.heap).slice(-PLAN.windows))
  return estimate(slopes(evidence.heap).slice(-2))
}

/** Something that each of the births has by batch, summed and per iteration. */
function perIteration(
  births: readonly Births[],
  { iterations }: Evidence,
  byBatch: (births: Births) => readonly number[],
): number[] {
  const lists = births.map(byBatch)
  const { length } = lists[0] ?? []
  return Array.from({ length }, (_, batch) => sum(lists.map(list => list[batch] ?? 0)) / (iterations / BATCHES))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
