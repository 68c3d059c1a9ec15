/**
 * The closer look at a leak: who holds what stays, and of which listeners there are more.
 *
 * Some more iterations run while V8 notes where each object is made; a snapshot then tells the way from a root.
 */
import type { Births } from './births.ts'
import { risesIn } from './counters.ts'
import { countDeeply } from './deep-counters.ts'
import { collect, heapUsed, ownTime, turn } from './engine.ts'
import type { CounterRise, LeakSite } from './report.ts'
import { findRetainers, type Finding } from './retainers/index.ts'
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
/** Listeners by which an emitter may differ from one look to the next. */
const FEW = 2

export async function confirm(input: ReportInput, accused: readonly Births[]): Promise<Confirmed> {
  const sites = await withRetainers(input, accused)
  const rises = concernsListeners(accused, sites) ? await countListeners(input, accused) : []
  return { sites, rises }
}

async function withRetainers(input: ReportInput, accused: readonly Births[]): Promise<LeakSite[]> {
  const { inspector, iterations, evidence, options } = input
  const sites = accused.map(births => siteOf(births))
  const isWanted = options.retainers === true || (options.retainers !== false && heapUsed() < LARGE)
  if (!isWanted || evidence.full) return sites
  const run = async (): Promise<void> => {
    await iterations.run(iterationsFor(accused, evidence.iterations), ownTime() + TIME)
    for (let turns = 0; turns < 3; turns++) await turn()
    collect()
  }
  const sought = accused.length === 0 ? [undefined] : accused.slice(0, SITES).map(({ frame }) => frame)
  const findings = await findRetainers(inspector, run, sought, { atLeast: LEAST / 2 })
  return sites.map((site, index) => withFinding(site, findings[index]))
}

/** Of which emitters and targets there are more listeners after some more iterations. */
async function countListeners(
  { inspector, iterations, evidence }: ReportInput,
  accused: readonly Births[],
): Promise<CounterRise[]> {
  const wanted = { listeners: true, promises: false, instances: [] }
  const before = countDeeply(inspector, wanted)
  const from = iterations.count
  const rate = Math.min(1, ...accused.map(({ objectsPerIteration }) => objectsPerIteration).filter(each => each > 0))
  await iterations.run(Math.min(evidence.iterations, Math.ceil(LEAST / rate)), ownTime() + TIME)
  for (let turns = 0; turns < 3; turns++) await turn()
  const readings = [
    { counts: before, iterations: 0 },
    { counts: countDeeply(inspector, wanted), iterations: iterations.count - from },
  ]
  return risesIn(readings).filter(rise => rise.after - rise.before >= FEW)
}

/** What only the heap tells may be a list of listeners as well. */
function concernsListeners(accused: readonly Births[], sites: readonly LeakSite[]): boolean {
  if (accused.every(({ pattern }) => pattern !== 'leak')) return true
  return accused.some(addsListeners) || sites.some(({ retainers }) => retainers?.text.includes('listeners'))
}

function withFinding(site: LeakSite, finding: Finding | undefined): LeakSite {
  if (finding === undefined) return site
  const { type, retainers } = finding
  return retainers === undefined ? { ...site, type } : { ...site, type, retainers }
}

function iterationsFor(accused: readonly Births[], measured: number): number {
  const rates = accused.map(({ objectsPerIteration }) => objectsPerIteration).filter(rate => rate > 0)
  // Where only the heap grew, a table has to double for something new to be there.
  const wanted =
    rates.length === 0 || accused.some(({ pattern }) => pattern !== 'leak') ? measured : OBJECTS / Math.min(...rates)
  return Math.ceil(Math.min(MOST, Math.max(LEAST, wanted)))
}

function addsListeners({ stack }: Births): boolean {
  return stack.some(
    ({ function: name, url }) => url.startsWith('node:') && /listener|^on$|^once$|^addEvent/i.test(name),
  )
}
