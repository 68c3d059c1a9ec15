/**
 * The closer look at a leak: who holds what stays, and of which listeners there are more.
 *
 * Some more iterations run while V8 notes where each object is made; a snapshot then tells the way from a root.
 */
import type { Births } from './births.ts'
import { collect, heapUsed, ownTime, turn } from './engine.ts'
import { risesOfListeners } from './listener-rises.ts'
import type { CounterRise, LeakSite } from './report.ts'
import { findRetainers, releaseEmitters, type Finding } from './retainers/index.ts'
import { siteOf } from './sites.ts'
import type { ReportInput } from './verdict.ts'

/** What a closer look told. */
export interface Confirmed {
  readonly sites: readonly LeakSite[]
  readonly rises: readonly CounterRise[]
}

/** Bytes of the heap above which no snapshot is taken unless it was asked for. */
const LARGE = 150 * 2 ** 20
/** Sites whose retainers are sought. */
const SITES = 8
/** Objects that should be there to tell which type it is. */
const OBJECTS = 12
const LEAST = 24
const MOST = 5_000
/** Milliseconds. */
const TIME = 700

export async function confirm(input: ReportInput, accused: readonly Births[]): Promise<Confirmed> {
  const { inspector, evidence, options } = input
  const sites = accused.map(births => siteOf(births))
  const isWanted = options.retainers === true || (options.retainers !== false && heapUsed() < LARGE)
  if (!isWanted || evidence.full) return { sites, rises: [] }
  try {
    const { findings, iterations } = await look(input, accused)
    const isCounted = evidence.rises.some(({ counter }) => counter === 'listeners')
    const emitters = isCounted ? [] : [...new Set(findings.flatMap(finding => finding?.emitters ?? []))]
    return {
      sites: sites.map((site, index) => withFinding(site, findings[index])),
      rises: await risesOfListeners(emitters, iterations, input),
    }
  } finally {
    releaseEmitters(inspector)
  }
}

/** What `findRetainers` says of each of the accused, and after how many iterations. */
async function look(
  { inspector, iterations, evidence }: ReportInput,
  accused: readonly Births[],
): Promise<{ findings: readonly (Finding | undefined)[]; iterations: number }> {
  const from = iterations.count
  const run = async (): Promise<void> => {
    await iterations.run(iterationsFor(accused, evidence.iterations), ownTime() + TIME)
    for (let turns = 0; turns < 3; turns++) await turn()
    collect()
  }
  const sought = accused.length === 0 ? [undefined] : accused.slice(0, SITES).map(({ frame }) => frame)
  const findings = await findRetainers(inspector, run, sought, { atLeast: LEAST / 2 })
  return { findings, iterations: iterations.count - from }
}

function withFinding(site: LeakSite, finding: Finding | undefined): LeakSite {
  if (finding === undefined) return site
  const { type, method = site.function, retainers } = finding
  const found = { ...site, type, function: method }
  return retainers === undefined ? found : { ...found, retainers }
}

function iterationsFor(accused: readonly Births[], measured: number): number {
  const rates = accused.map(({ objectsPerIteration }) => objectsPerIteration).filter(rate => rate > 0)
  // Where only the heap grew, a table has to double for something new to be there.
  if (rates.length === 0 || accused.some(({ pattern }) => pattern !== 'leak')) return Math.max(LEAST, measured)
  return Math.ceil(Math.min(MOST, Math.max(LEAST, OBJECTS / Math.min(...rates))))
}
