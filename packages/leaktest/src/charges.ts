/**
 * What the evidence says after budgets and ignore lists.
 *
 * Invariants: what may stay explains as much of the heap's growth as it has made, and no more; rises of one counter are
 * compared with its budget together, whatever they were counted on.
 */
import type { Births } from './births.ts'
import { growth } from './heap-growth.ts'
import type { Budget, Ignored, LeaktestOptions } from './options.ts'
import type { CounterName, CounterRise, LeakReport } from './report.ts'
import { matchesSite, siteText } from './site-names.ts'
import { frameOf } from './sites.ts'
import type { Evidence } from './trial.ts'

/** Bytes per iteration that the heap may grow where no code is to blame. */
const DEFAULT_BYTES = 4
/** How many times its own bytes a thing takes at most, with the tables that hold it. */
const WITH_TABLES = 2
/** The part of what the heap grew by that what was filled once has to have made, to explain it. */
const MADE = 0.25
/** Readings after a cache is full that tell whether something else grows. */
const AFTER = 3

/** What is left of the evidence. */
export interface Charges {
  readonly births: readonly Births[]
  readonly rises: readonly CounterRise[]
  /** Bytes per iteration by which the heap grew beyond what is explained; 0 when it is within its budget. */
  readonly growth: number
  readonly ignored: LeakReport['ignored']
}

type Rules = Pick<LeaktestOptions, 'budget' | 'ignore'>

export function chargesOf(evidence: Evidence, { budget = {}, ignore = [] }: Rules): Charges {
  const ignored: { what: string; reason: string }[] = []
  const isIgnored = (what: string, entry: Ignored | undefined): boolean => {
    if (entry !== undefined) ignored.push({ what, reason: entry.reason })
    return entry !== undefined
  }
  const leaks = evidence.births.filter(({ pattern }) => pattern === 'leak')
  const charged = leaks.filter(({ frame }) => {
    const place = frameOf(frame)
    const entry = ignore.find(({ site }) => site !== undefined && matchesSite(site, place))
    return !isIgnored(siteText(place), entry)
  })
  const rises = aboveBudget(evidence.rises, budget).filter(rise => {
    const entry = ignore.find(({ counter }) => counter === rise.counter)
    return !isIgnored(rise.counter, entry)
  })
  const births = isWithin(charged, budget) ? [] : charged
  const unexplained = unexplainedGrowth(evidence) - WITH_TABLES * bytesOf(leaks)
  return { births, rises, growth: unexplained > (budget.bytes ?? DEFAULT_BYTES) ? unexplained : 0, ignored }
}

function isWithin(births: readonly Births[], { bytes, objects }: Budget): boolean {
  const count = births.reduce((sum, { objectsPerIteration }) => sum + objectsPerIteration, 0)
  if (bytes === undefined) return count <= (objects ?? 0)
  return bytesOf(births) <= bytes && count <= (objects ?? Infinity)
}

function aboveBudget(rises: readonly CounterRise[], budget: Budget): CounterRise[] {
  const totals = new Map<CounterName, number>()
  for (const { counter, perIteration } of rises) totals.set(counter, (totals.get(counter) ?? 0) + perIteration)
  return rises.filter(({ counter }) => (totals.get(counter) ?? 0) > (budgetOf(counter, budget) ?? 0))
}

function budgetOf(counter: CounterName, budget: Budget): number | undefined {
  return counter === 'threads' || counter === 'buffers' ? undefined : budget[counter]
}

/** The heap's growth, without that by which things were filled that do not grow any more. */
function unexplainedGrowth({ births, iterations, heap, growth: grown }: Evidence): number {
  const waning = births.filter(({ pattern }) => pattern === 'waning')
  if (waning.some(({ bytes }) => bytes > grown * iterations * MADE)) return 0
  const bounded = births.filter(({ pattern }) => pattern === 'bounded')
  if (bounded.length === 0) return grown
  const bound = Math.max(...bounded.map(each => each.bound))
  const full = heap.filter(reading => reading.iterations >= bound)
  const perIteration = full.length < AFTER ? 0 : growth(full, full.length - 1)
  // What is held by time, not by number, may be as much more the next time as it was now.
  const held = bounded.reduce((sum, { bytes }) => sum + bytes, 0)
  return perIteration * (iterations - bound) > held ? perIteration : 0
}

function bytesOf(births: readonly Births[]): number {
  return births.reduce((sum, { bytesPerIteration }) => sum + bytesPerIteration, 0)
}
