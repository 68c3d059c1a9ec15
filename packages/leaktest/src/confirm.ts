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

export async function confirm(input: ReportInput, accused: readonly Births[]): Promise<Confirmed> {
  const { inspector, iterations, evidence, options } = input
  const wanted = { listeners: accused.length === 0 || accused.some(addsListeners), promises: false, instances: [] }
  const before = wanted.listeners ? countDeeply(inspector, wanted) : undefined
  const from = iterations.count
  let findings: readonly (Finding | undefined)[] = []
  const run = async (): Promise<void> => {
    await iterations.run(iterationsFor(accused, evidence.iterations), ownTime() + TIME)
    for (let turns = 0; turns < 3; turns++) await turn()
    collect()
  }
  if (options.retainers !== false && !evidence.full && (options.retainers === true || heapUsed() < LARGE)) {
    const sought = accused.length === 0 ? [undefined] : accused.slice(0, SITES).map(({ frame }) => frame)
    findings = await findRetainers(inspector, run, sought, { atLeast: LEAST / 2 })
  } else if (before !== undefined) {
    await run()
  }
  const ran = iterations.count - from
  const rises =
    before === undefined
      ? []
      : risesIn([
          { counts: before, iterations: 0 },
          { counts: countDeeply(inspector, wanted), iterations: ran },
        ]).filter(({ before: had, after }) => after - had >= 2)
  return { sites: accused.map((births, index) => withFinding(siteOf(births), findings[index])), rises }
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
