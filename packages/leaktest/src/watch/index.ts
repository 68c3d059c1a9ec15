/**
 * A look at a live Node process: what grows in it, and which code makes that.
 *
 * Nothing of the program is changed, and when the watch ends, whichever way, nothing of it is left.
 * @module
 */
import { setTimeout as wait } from 'node:timers/promises'
import { now } from '../engine.ts'
import { LeaktestError } from '../errors.ts'
import { Allocations } from './allocations.ts'
import { connectToSelf, type Connection } from './connection.ts'
import { describeWatch } from './findings.ts'
import { judge } from './judge.ts'
import { normalizeWatch, type Schedule, type WatchOptions } from './options.ts'
import { ask, read } from './reading.ts'
import { connectTo } from './remote-process.ts'
import type { WatchReading, WatchReport } from './report.ts'

export { formatWatch, type FormatWatchOptions } from './format.ts'
export type { WatchOptions } from './options.ts'
export type { WatchReading, WatchReport, WatchRise, WatchSite, WatchVerdict } from './report.ts'

/**
 * Watches a Node process, this one or another on this machine, and tells what grows in it.
 *
 * Another process needs no change and no flag: it is asked to open its inspector by SIGUSR1, on loopback, and the inspector
 * is closed again. It says so on its stderr. Each reading halts the program for some collections of its heap. Linux only,
 * but for the process itself.
 *
 * @param target a process id, or `process`
 * @returns what was seen; that something grows is a result, not an error.
 * @throws LeaktestError PROCESS_UNREACHABLE, INSPECTOR_MISSING, INVALID_OPTION, ABORTED; and what `onReading` throws.
 *
 * @example
 * ```ts
 * const report = await watch(4711, { for: 60_000 })
 * console.log(formatWatch(report))
 * ```
 */
export async function watch(target: number | NodeJS.Process, options: WatchOptions = {}): Promise<WatchReport> {
  const { pid, ...schedule } = normalizeWatch(target, options)
  const { signal } = options
  const end = new AbortController()
  const abort = (): void => {
    end.abort(new LeaktestError('ABORTED', 'The watch was aborted.', { cause: signal?.reason, facts: { pid } }))
  }
  if (signal?.aborted === true) abort()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    end.signal.throwIfAborted()
    const connection = pid === process.pid ? connectToSelf() : await connectTo(pid, end)
    let isUndone = false
    let report: WatchReport
    try {
      report = await observe(connection, schedule, { end: end.signal, onReading: options.onReading })
    } finally {
      isUndone = await connection.close()
    }
    return isUndone ? report : { ...report, notes: [...report.notes, STILL_OPEN] }
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

const STILL_OPEN = 'The inspector that was opened has not closed in time; it closes when the program gets to it.'
const SAMPLED = 'The program’s allocations are sampled already, by --heap-prof or a debugger: no sites are known.'
const LARGE = 150 * 2 ** 20
const NO_LISTENERS =
  'The heap is larger than 150 MB: listeners were not counted, since each count goes over all of the heap.'

interface Watcher {
  readonly end: AbortSignal
  readonly onReading: WatchOptions['onReading']
}

async function observe(
  connection: Connection,
  { every, times }: Schedule,
  { end, onReading }: Watcher,
): Promise<WatchReport> {
  const began = now()
  const { node, memory } = await ask(connection)
  const listeners = memory.heapUsed <= LARGE
  // Once before it counts: what a reading itself needs is made by the first.
  const allocations = await Allocations.start(connection)
  await read(connection, listeners)
  const first = now()
  const readings: WatchReading[] = []
  for (let time = 0; time <= times; time++) {
    if (time > 0) await pauseUnless(end, every)
    end.throwIfAborted()
    const at = now() - first
    if (time < times) await allocations?.mark(at / 1_000)
    const values = await read(connection, listeners)
    const reading = { at, took: now() - first - at, ...values }
    readings.push(reading)
    onReading?.(reading)
  }
  const births = await allocations?.finish((readings.at(-1)?.at ?? 0) / 1_000)
  const judgement = judge(readings, births)
  return {
    pid: connection.pid,
    node,
    ...judgement,
    findings: describeWatch(judgement),
    notes: [...(allocations === undefined ? [SAMPLED] : []), ...(listeners ? [] : [NO_LISTENERS])],
    readings,
    milliseconds: now() - began,
  }
}

/** Throws the reason of the signal. */
async function pauseUnless(end: AbortSignal, milliseconds: number): Promise<void> {
  try {
    await wait(milliseconds, undefined, { signal: end })
  } catch {
    end.throwIfAborted()
  }
}
