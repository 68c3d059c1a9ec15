/**
 * What an event costs beside the bare client: both read the same response in one process, in turns, and the figure is the median of the
 * rounds' differences. Each time both are new, so that ours sends no conversation. Time waited for the server is in both, processor
 * time has none of it; what is more of the two counts.
 *
 * Nothing is collected by hand: at a collection while no run is alive the engine forgets the shapes of its objects, and what it has
 * compiled for them, and to compile it again for each response would be measured with it.
 */
import { cpuSince } from '../cpu.ts'
import { EVENTS } from '../models.ts'
import type { Figures } from '../processes.ts'
import { ourSubjectOf, subjectOf } from '../subjects/index.ts'
import type { Client } from '../subjects/subject.ts'
import { main } from './program.ts'

/** Rounds before any counts. */
const WARM_UP = 5

export interface EventsTask {
  readonly subject: string
  readonly count: number
}

/** Microseconds of one event. */
interface Cost {
  readonly wall: number
  readonly cpu: number
}

await main<EventsTask>(async ({ subject, count }, { origin }): Promise<Figures> => {
  const oakum = ourSubjectOf(subject)
  const bare = subjectOf(oakum.around)
  const rounds: { ours: Cost; bare: Cost }[] = []
  for (let round = -WARM_UP; round < count; round++) {
    const costs = { bare: await readAll(await bare.open(origin)), ours: await readAll(await oakum.open(origin)) }
    if (round >= 0) rounds.push(costs)
  }
  const wall = median(rounds.map(round => round.ours.wall - round.bare.wall))
  const cpu = median(rounds.map(round => round.ours.cpu - round.bare.cpu))
  return {
    overhead: Math.max(wall, cpu),
    wall,
    cpu,
    ours: median(rounds.map(round => round.ours.cpu)),
    bare: median(rounds.map(round => round.bare.cpu)),
  }
})

async function readAll(client: Client): Promise<Cost> {
  const started = performance.now()
  const busy = process.cpuUsage()
  const { events, isText } = await client({ model: 'events', signal: new AbortController().signal })
  let pieces = 0
  for await (const event of events) if (isText(event)) pieces++
  if (pieces !== EVENTS) throw new Error(`There were ${pieces} pieces of text instead of ${EVENTS}.`)
  return { wall: ((performance.now() - started) * 1_000) / EVENTS, cpu: (cpuSince(busy) * 1_000) / EVENTS }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
