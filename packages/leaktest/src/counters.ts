/**
 * What can be counted exactly and cheaply, without asking the program.
 *
 * Linux tells descriptors, threads and children by /proc; where there is none these counters are missing, not zero.
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { CounterName, CounterRise } from './report.ts'

/** Counts by name; those of handles also by their type, as `handles FSEventWrap`. */
export type Counts = ReadonlyMap<string, number>

/** Bytes per iteration by which array buffers may differ without a word: pools grow in steps. */
const BUFFER_BYTES = 64

const SOCKETS = /^(TCP|UDP|Pipe|TLS)/
/** What comes and goes with each turn of the event loop, and is no handle of the program's. */
const PASSING = new Set(['Immediate', 'TickObject', 'CloseReq'])

/** What the process itself says of what it holds. */
export interface Held {
  /** As of `process.getActiveResourcesInfo()`. */
  readonly resources: readonly string[]
  /** Bytes of array buffers. */
  readonly arrayBuffers: number
}

/** Counts what this process has. */
export function count(): Counts {
  return countIn('self', {
    resources: process.getActiveResourcesInfo(),
    arrayBuffers: process.memoryUsage().arrayBuffers,
  })
}

/** Counts what a process has; /proc tells what it does not say itself. */
export function countIn(pid: number | 'self', { resources, arrayBuffers }: Held): Counts {
  const counts = new Map<string, number>()
  const add = (name: string, by = 1): void => void counts.set(name, (counts.get(name) ?? 0) + by)
  for (const counter of ['timers', 'sockets'] as const) add(counter, 0)
  for (const type of resources) {
    if (PASSING.has(type)) continue
    if (type === 'Timeout') add('timers')
    else if (SOCKETS.test(type)) add('sockets')
    else if (type !== 'ProcessWrap') add(`handles ${type}`)
  }
  counts.set('buffers', arrayBuffers)
  const fds = entriesOf(`/proc/${pid}/fd`)
  const tasks = entriesOf(`/proc/${pid}/task`)
  if (fds !== undefined) counts.set('fds', fds.length)
  if (tasks !== undefined) counts.set('threads', tasks.length)
  const children = childrenOf(pid, tasks ?? [])
  if (children !== undefined) counts.set('children', children)
  return counts
}

/** Counters that are higher in each reading than in the one before. */
export function risesIn(readings: readonly { counts: Counts; iterations: number }[]): CounterRise[] {
  const [first] = readings
  const last = readings.at(-1)
  if (first === undefined || last === undefined || readings.length < 2) return []
  const iterations = last.iterations - first.iterations
  const rises: CounterRise[] = []
  for (const name of last.counts.keys()) {
    const values = readings.map(({ counts }) => counts.get(name) ?? 0)
    if (values.some((value, index) => index > 0 && value <= (values[index - 1] ?? 0))) continue
    const [before = 0] = values
    const after = values.at(-1) ?? 0
    const perIteration = (after - before) / iterations
    if (name === 'buffers' && perIteration < BUFFER_BYTES) continue
    // One more at each reading may be the reading's own doing, or chance.
    if (after - before < readings.length) continue
    rises.push({ ...nameOf(name), before, after, perIteration })
  }
  return rises
}

function nameOf(name: string): { counter: CounterName; of?: string } {
  const space = name.indexOf(' ')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `count` makes these names and no others
  const counter = (space < 0 ? name : name.slice(0, space)) as CounterName
  return space < 0 ? { counter } : { counter, of: name.slice(space + 1) }
}

function entriesOf(folder: string): string[] | undefined {
  try {
    return readdirSync(folder)
  } catch {
    return undefined
  }
}

function childrenOf(pid: number | 'self', tasks: readonly string[]): number | undefined {
  try {
    const lists = tasks.map(task => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8'))
    return lists.join(' ').split(' ').filter(Boolean).length
  } catch {
    return undefined
  }
}
