/**
 * Stops a subject's stream in its middle, again and again, and tells what each time left behind.
 *
 * The middle is the third piece of text. The first half warms up. In the second half the heap is read again and again, each time when the
 * server has nothing under way any more, or has had three seconds for it (what a client lets run on counts as it is after that), and when
 * the timers of Node's own fetch have had their time. A rejection that nobody handles ends the program, and the row fails.
 */
import { getEventListeners } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { theilSen, type Reading } from '../../theil-sen.ts'
import { collectedBytes } from '../memory.ts'
import { cpuSince } from '../cpu.ts'
import type { Figures } from '../processes.ts'
import { subjectOf } from '../subjects/index.ts'
import type { Client, Way } from '../subjects/subject.ts'
import { main, type Surroundings } from './program.ts'

/** How often the heap is read, in equal distances. */
const READINGS = 9
/** Milliseconds in which the timers of Node's fetch are gone: it looks after them twice a second. */
const TIMERS = 700
/** The piece of text at which the stream is stopped. */
const MIDDLE = 3

export interface CancelsTask {
  readonly subject: string
  readonly way: Way
  readonly count: number
}

await main<CancelsTask>(async ({ subject, way, count }, surroundings): Promise<Figures> => {
  const client = await subjectOf(subject).open(surroundings.origin)
  const session = new AbortController().signal
  const readings: Reading[] = []
  const window = Math.ceil(count / (READINGS - 1) / 2)
  const cancels = window * (READINGS - 1) * 2
  let used = session
  let time = 0
  let busy = 0
  for (let at = window; at <= cancels; at += window) {
    const started = performance.now()
    const cpu = process.cpuUsage()
    for (let done = 0; done < window; done++) used = await stopOnce(client, way, session)
    if (at >= cancels / 2) {
      time += performance.now() - started
      busy += cpuSince(cpu)
      await quiet(surroundings)
      readings.push({ at, value: await collectedBytes() })
    }
    surroundings.progress(at / cancels)
  }
  const { openSockets, requests, completed } = await surroundings.counts()
  const timed = window * READINGS
  return {
    cancels,
    bytes: theilSen(readings),
    ...holdersOf(used),
    sockets: process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length,
    openSockets,
    requests,
    completed,
    rss: process.memoryUsage.rss(),
    milliseconds: time / timed,
    cpu: busy / timed,
  }
})

/** Resolves to the signal that was passed in. */
async function stopOnce(client: Client, way: Way, session: AbortSignal): Promise<AbortSignal> {
  const own = new AbortController()
  const signal = way === 'abort' ? own.signal : session
  const { events, isText, cancel } = await client({ model: 'paced', signal })
  let pieces = 0
  let cancelled: unknown
  try {
    for await (const event of events) {
      if (!isText(event) || ++pieces !== MIDDLE) continue
      if (way === 'break') break
      if (way === 'abort') own.abort()
      else cancelled = cancel?.()
    }
  } catch (error) {
    // Clients differ in whether the consumer is told by an error.
    if (pieces < MIDDLE) throw error
  }
  if (pieces < MIDDLE) throw new Error(`The stream ended after ${pieces} pieces of text.`)
  await cancelled
  return signal
}

/** What a signal keeps: its listeners, and the signals that `AbortSignal.any` made of it and that are still alive. */
function holdersOf(signal: AbortSignal): { listeners: number; dependants: number } {
  const symbol = Object.getOwnPropertySymbols(signal).find(({ description }) => description === 'kDependantSignals')
  const refs: Iterable<WeakRef<AbortSignal>> = (symbol && Reflect.get(signal, symbol)) ?? []
  const dependants = [...refs].filter(ref => ref.deref() !== undefined).length
  return { listeners: getEventListeners(signal, 'abort').length, dependants }
}

/** Waits until the server has nothing under way any more, for three seconds, and for the timers. */
async function quiet({ counts }: Surroundings): Promise<void> {
  for (let waited = 0; waited < 3_000; waited += 20) {
    const { active } = await counts()
    if (active === 0) break
    await pause(20)
  }
  await pause(TIMERS)
}
