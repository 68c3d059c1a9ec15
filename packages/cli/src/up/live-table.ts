/**
 * The fleet on a terminal, kept up to date.
 *
 * It reads the store once a second, and soon after an event; what it reads is bounded by what fits on the screen, not by the
 * size of the fleet.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { OakumEvent } from '@oakum/core/events'
import type { Fleet, FleetCounts, LeakAlert, MemorySample, MemoryWatch } from '@oakum/core/fleet'
import { describeError } from '../command/errors.ts'
import { countOwned, formatAgents, type AgentRow } from '../output/agent-table.ts'
import { formatEvent } from '../output/event-line.ts'
import { openLiveRegion, type FrameSize, type LiveRegion } from '../output/live.ts'
import { formatLeak } from '../output/memory.ts'
import type { Paint } from '../output/paint.ts'
import { formatSize } from '../output/size.ts'
import { memoryOf } from '../status/memory.ts'
import { lifecycleEvents } from './lifecycle.ts'

const READ_EVERY = 1_000
/** Events often come together; so many milliseconds after the first the store is read once for all. */
const GATHER = 100
const ROWS_READ = 200
const EVENTS_SHOWN = 5
const LEAKS_SHOWN = 3
/** Title, totals, and the empty lines between. */
const OTHER_LINES = 6

interface Picture {
  rows: AgentRow[]
  counts: FleetCounts
  /** By how many milliseconds the store's time, which stands still while the machine sleeps, is behind the wall clock. */
  lag: number
  /** As the last look found it; null before the first. */
  memory: MemorySample | null
  leaks: readonly LeakAlert[]
}

export interface LiveTable {
  /** Shows the fleet until the signal aborts. */
  readonly show: (signal: AbortSignal) => Promise<void>
  /** Says what went wrong, above the table. */
  readonly report: (error: unknown) => void
}

export interface LiveTableOptions {
  fleet: Fleet
  /** What tells of memory and leaks; its owner starts and stops it. */
  memory: MemoryWatch
  terminal: NodeJS.WriteStream
  /** The first line, painted. */
  title: string
  paint: Paint
}

export function createLiveTable({ fleet, memory, terminal, title, paint }: LiveTableOptions): LiveTable {
  let region: LiveRegion | undefined
  const report = (error: unknown): void => {
    const line = paint('red', describeError(error))
    if (region === undefined) console.error(line)
    else region.log(line)
  }

  async function show(signal: AbortSignal): Promise<void> {
    let picture = await readPicture(fleet, memory)
    let events: readonly OakumEvent[] = []
    region = openLiveRegion(terminal, size => frameOf(picture, events, title, size, paint))
    let woken = new AbortController()
    const wake = (): void => woken.abort()
    signal.addEventListener('abort', wake)
    const following = followEvents(fleet, signal, event => {
      events = [...events, event].slice(-EVENTS_SHOWN)
      region?.invalidate()
      wake()
    }).catch(report)
    try {
      while (!signal.aborted) {
        woken = new AbortController()
        await sleep(READ_EVERY, undefined, { signal: woken.signal }).catch(() => undefined) // an event, or the end
        await sleep(GATHER)
        await readPicture(fleet, memory).then(next => (picture = next), report)
        region.invalidate()
      }
      await following
    } finally {
      signal.removeEventListener('abort', wake)
      region.close()
      region = undefined
    }
  }
  return { show, report }
}

async function followEvents(fleet: Fleet, signal: AbortSignal, take: (event: OakumEvent) => void): Promise<void> {
  for await (const event of lifecycleEvents(fleet, signal)) take(event)
}

async function readPicture(fleet: Fleet, memory: MemoryWatch): Promise<Picture> {
  const [agents, counts, now] = await Promise.all([fleet.list({ limit: ROWS_READ }), fleet.counts(), fleet.now()])
  const { latest, alerts } = memory
  const rows = await Promise.all(
    agents.map(async agent => ({ agent, owned: await countOwned(fleet, agent), memory: memoryOf(latest, agent) })),
  )
  return { rows, counts, lag: Date.now() - now, memory: latest, leaks: alerts.slice(-LEAKS_SHOWN) }
}

/** @param events The newest, oldest first. */
function frameOf(
  picture: Picture,
  events: readonly OakumEvent[],
  title: string,
  { columns, rows }: FrameSize,
  paint: Paint,
): string[] {
  const now = Date.now()
  const { counts, lag, leaks } = picture
  const room = Math.max(1, rows - OTHER_LINES - leaks.length - events.length)
  const shown = picture.rows.slice(0, picture.rows.length > room ? room - 1 : room)
  const total = Object.values(counts.phases).reduce((sum, count) => sum + count, 0)
  return [
    title,
    '',
    ...(total === 0
      ? [paint('dim', 'No agents yet. Start one: oakum run -- COMMAND')]
      : formatAgents(shown, { paint, now: now - lag, width: columns })),
    ...(total > shown.length ? [paint('dim', `… and ${total - shown.length} more`)] : []),
    '',
    totals(picture, paint),
    ...leaks.map(leak => `${paint('red', 'leak')}  ${formatLeak(leak)}`),
    '',
    ...events.map(event => formatEvent(event, paint, now)),
  ]
}

function totals({ counts: { phases, tombstones }, memory }: Picture, paint: Paint): string {
  const living = (['alive', 'starting', 'draining', 'reaping', 'quarantined'] as const)
    .filter(phase => phase === 'alive' || phases[phase] > 0)
    .map(phase => `${phases[phase]} ${phase}`)
  const taken = memory === null ? '' : `  ${formatSize(memory.fleet.bytes)} of ${formatSize(memory.host.total)}`
  return `${paint('bold', living.join(', '))}${paint('dim', `  ${tombstones} ended${taken}`)}`
}
