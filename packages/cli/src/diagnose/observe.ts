/**
 * Reads what a tree of processes uses, again and again, and judges it.
 *
 * The figures are read from outside, by /proc: any program can be looked at, and none notices.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { OakumError } from '@oakum/core/errors'
import { FIGURES, readTree, type Figure, type Reading } from './reading.ts'
import type { Target } from './target.ts'
import { LEAST_READINGS, trendOf, type Trend } from './trend.ts'

export interface Observation {
  verdict: 'grows' | 'settles'
  /** Of each figure that the system tells. */
  trends: Partial<Record<Figure, Trend>>
  readings: readonly Reading[]
  /** Milliseconds. */
  duration: number
}

export interface ObserveOptions {
  /** Milliseconds, from the first reading to the last; longer where this process was kept from reading often enough. */
  duration: number
  /** Goes on after that until the signal aborts. @default false */
  endless?: boolean
  /** Ends it early; what was seen until then is judged. */
  signal: AbortSignal
  onReading: (reading: Reading) => void
}

/** Readings in all, and the milliseconds between two at least: looking at a large program takes its share of a processor. */
const READINGS = 60
const EVERY_AT_LEAST = 100

/** What is not taken for growth: a few of anything, and memory that a runtime takes and gives back in large pieces. */
const NOISE: Readonly<Record<Figure, number>> = { memory: 2 ** 20, descriptors: 4, threads: 4, processes: 4 }

/** @throws OakumError PROCESS_NOT_FOUND when it ends meanwhile, PROCESS_UNREADABLE, ABORTED when too little was seen */
export async function observe(
  target: Target,
  { duration, endless = false, signal, onReading }: ObserveOptions,
): Promise<Observation> {
  const began = performance.now()
  const every = Math.max(EVERY_AT_LEAST, duration / READINGS)
  const readings: Reading[] = []
  for (;;) {
    const reading = await readTree(target.tree, began)
    if (reading === null) {
      const seconds = ((performance.now() - began) / 1_000).toFixed(1)
      throw new OakumError('PROCESS_NOT_FOUND', `${target.name} ended while it was watched, after ${seconds} s`)
    }
    readings.push(reading)
    onReading(reading)
    const passed = performance.now() - began
    const isEnough = passed >= duration && readings.length >= LEAST_READINGS
    if (signal.aborted || (isEnough && !endless)) break
    // By the clock, not from the end of the last: readings that take long come less often, not later and later.
    const wait = every - (passed % every)
    const rest = endless || passed >= duration ? Infinity : duration - passed
    await sleep(Math.min(wait, rest), undefined, { signal }).catch(() => undefined)
  }
  if (signal.aborted && readings.length < LEAST_READINGS) {
    throw new OakumError('ABORTED', `${readings.length} readings of ${target.name} tell nothing yet`)
  }
  return { ...judge(readings), readings, duration: readings.at(-1)?.at ?? 0 }
}

function judge(readings: readonly Reading[]): Pick<Observation, 'verdict' | 'trends'> {
  const trends: Partial<Record<Figure, Trend>> = {}
  for (const figure of FIGURES) {
    const points = readings.flatMap(({ at, [figure]: value }) => (value === null ? [] : [{ at, value }]))
    if (points.length > 0) trends[figure] = trendOf(points, NOISE[figure])
  }
  const grows = Object.values(trends).some(({ verdict }) => verdict === 'grows')
  return { verdict: grows ? 'grows' : 'settles', trends }
}
