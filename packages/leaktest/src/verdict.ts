/**
 * From the evidence to the verdict and its report.
 *
 * Invariant: a leak needs evidence that lasted through the settling, is above its budget, and is not on the ignore list.
 */
import { BATCHES, type Births } from './births.ts'
import { confirm } from './confirm.ts'
import { now } from './engine.ts'
import { estimate } from './estimate.ts'
import { describeFindings } from './findings.ts'
import { slopes } from './heap-growth.ts'
import type { Inspector } from './inspector.ts'
import type { Runner } from './iterate.ts'
import type { Budget, LeaktestOptions } from './options.ts'
import { PLAN } from './plan.ts'
import type { CounterRise, Estimate, LeakReport, LeakSite, Verdict } from './report.ts'
import { siteOf } from './sites.ts'
import type { Evidence } from './trial.ts'

/** Bytes per iteration that the heap may grow where no code is to blame. */
const DEFAULT_BYTES = 4
/** The part of what the heap grew by that one place has to have made. */
const GROWN = 0.25
/** The part of the test for which something bounded has to have filled, to explain that the heap grew. */
const FILLING = 1 / 8
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

/** What is left of the evidence after budgets and ignore lists. */
interface Charges {
  readonly births: readonly Births[]
  readonly rises: readonly CounterRise[]
  readonly growth: number
  readonly ignored: LeakReport['ignored']
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
    sensitivity: evidence.iterations / NEEDED,
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

function judge(evidence: Evidence, charges: Charges, asked: boolean): { verdict: Verdict; reasons: string[] } {
  const { iterations, full, births } = evidence
  const charged = charges.births.length > 0 || charges.rises.length > 0 || charges.growth > 0
  if (full) {
    return {
      verdict: 'leak',
      reasons: ['The heap was so full that the test stopped before the process would have died.'],
    }
  }
  if (iterations < PLAN.fewest && !charges.rises.some(rise => rise.perIteration >= 1)) {
    const reason = `Only ${iterations} iterations were possible in the time given: too few to tell. Give it more time, or iterations.`
    return { verdict: 'inconclusive', reasons: [reason] }
  }
  const counted = charges.rises.length > 0 || charges.growth > 0
  const born = charges.births.length > 0 && (iterations >= PLAN.fewestForHeap || asked)
  if (born || (counted && evidence.seenEnough)) return { verdict: 'leak', reasons: [] }
  if (charged) {
    const reason = `Something rose in ${iterations} iterations, too few to tell a leak from noise. Give it more time, or iterations.`
    return { verdict: 'inconclusive', reasons: [reason] }
  }
  if (births.some(({ pattern }) => pattern === 'bounded')) return { verdict: 'bounded', reasons: [] }
  return { verdict: 'clean', reasons: [] }
}

function chargesOf(evidence: Evidence, { budget = {}, ignore = [] }: ReportInput['options']): Charges {
  const ignored: { what: string; reason: string }[] = []
  const isIgnored = (what: string, matches: (entry: (typeof ignore)[number]) => boolean): boolean => {
    const entry = ignore.find(matches)
    if (entry !== undefined) ignored.push({ what, reason: entry.reason })
    return entry !== undefined
  }
  const leaking = evidence.births.filter(births => {
    if (births.pattern !== 'leak') return false
    const { frame } = births
    const what = `${frame.function || 'top level'} (${frame.url})`
    return !isIgnored(what, ({ site }) => site !== undefined && matchesText(site, what))
  })
  const rises = evidence.rises.filter(rise => {
    if (rise.perIteration <= (budgetOf(rise, budget) ?? 0)) return false
    return !isIgnored(rise.counter, ({ counter }) => counter === rise.counter)
  })
  const bytes = sum(leaking.map(births => births.bytesPerIteration))
  const objects = sum(leaking.map(births => births.objectsPerIteration))
  const within = bytes <= (budget.bytes ?? 0) && objects <= (budget.objects ?? Infinity)
  const allowed = budget.bytes === undefined ? objects <= (budget.objects ?? 0) : within
  const isGrowing = evidence.growth > (budget.bytes ?? DEFAULT_BYTES) && ignored.length === 0
  const isEnough = evidence.iterations >= PLAN.fewestForHeap
  const growth = isGrowing && isEnough && !isFilling(evidence) ? evidence.growth : 0
  return { births: allowed ? [] : leaking, rises, growth, ignored }
}

/** Whether something was filling up for a good part of the test: then the heap grew by that. */
function isFilling({ births, iterations, growth }: Evidence): boolean {
  return births.some(({ pattern, bound, bytes }) => {
    if (pattern === 'waning') return bytes > growth * iterations * GROWN
    return pattern === 'bounded' && bound > iterations * FILLING
  })
}

function budgetOf({ counter }: CounterRise, budget: Budget): number | undefined {
  return counter === 'threads' || counter === 'buffers' ? undefined : budget[counter]
}

function matchesText(pattern: string | RegExp, text: string): boolean {
  return typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text)
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
