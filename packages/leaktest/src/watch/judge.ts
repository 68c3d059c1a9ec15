/**
 * What grows, and what only goes up and down.
 *
 * The readings are parted into {@link WINDOWS} windows. A leak raises the floor: the lowest of each window is above that of
 * the one before, and in the last even the lowest is above the highest of the first two.
 */
import type { Births } from '../births.ts'
import { risesIn, type Counts } from '../counters.ts'
import { estimate } from '../estimate.ts'
import { growth, slopes } from '../heap-growth.ts'
import type { Estimate } from '../report.ts'
import { siteOf } from '../sites.ts'
import { WINDOWS } from './options.ts'
import type { WatchReading, WatchRise, WatchSite, WatchVerdict } from './report.ts'

/** What the readings tell. */
export interface Judgement {
  readonly verdict: WatchVerdict
  readonly rises: readonly WatchRise[]
  readonly bytesPerSecond: Estimate
  readonly sites: readonly WatchSite[]
}

/** The part of what the heap grew by that code has to have made, to be shown where nothing looks like a leak. */
const GROWN = 0.25
/** Bytes that readings leave in a program: what answers them is compiled in the first dozen or two. */
const OWN = 32 * 1_024
/** Windows at the beginning whose highest the last has to leave behind. */
const EARLY = 2

/** @param births with rates per second; undefined when they could not be sampled */
export function judge(readings: readonly WatchReading[], births: readonly Births[] = []): Judgement {
  const windows = windowsOf(readings)
  const rises = risesOf(windows)
  const heap = windows.map(window => {
    const lowest = window.reduce((low, reading) => (reading.heapUsed < low.heapUsed ? reading : low))
    return { iterations: lowest.at / 1_000, bytes: lowest.heapUsed }
  })
  const early = Math.max(...windows.slice(0, EARLY).flatMap(window => window.map(({ heapUsed }) => heapUsed)))
  const before = heap[0]?.bytes ?? 0
  const grown = (heap.at(-1)?.bytes ?? 0) > Math.max(early, before + OWN) ? growth(heap, WINDOWS - 1) : 0
  const grows = rises.length > 0 || grown > 0
  return {
    verdict: grows ? 'grows' : 'settles',
    rises,
    bytesPerSecond: estimate(slopes(heap)),
    sites: grows ? accusedOf(births, grown).map(toSite) : [],
  }
}

function windowsOf(readings: readonly WatchReading[]): WatchReading[][] {
  return Array.from({ length: WINDOWS }, (_, index) => {
    const [from = 0, to = 0] = [index, index + 1].map(part => Math.round((readings.length * part) / WINDOWS))
    return readings.slice(from, to)
  })
}

function risesOf(windows: readonly (readonly WatchReading[])[]): WatchRise[] {
  const floors = windows.map(window => ({
    counts: floorOf(window),
    // A leak is at its lowest in the first reading of a window.
    iterations: (window[0]?.at ?? 0) / 1_000,
  }))
  const early = windows.slice(0, EARLY).flat()
  return risesIn(floors)
    .filter(({ counter, of, after }) => {
      const name = of === undefined ? counter : `${counter} ${of}`
      return early.every(({ counts }) => (counts[name] ?? 0) < after)
    })
    .map(({ perIteration: perSecond, counter, of, before, after }) => {
      const rise = { counter, before, after, perSecond }
      return of === undefined ? rise : Object.assign(rise, { of })
    })
    .toSorted((a, b) => b.perSecond - a.perSecond)
}

function floorOf(window: readonly WatchReading[]): Counts {
  const names = new Set(window.flatMap(({ counts }) => Object.keys(counts)))
  return new Map([...names].map(name => [name, Math.min(...window.map(({ counts }) => counts[name] ?? 0))]))
}

/**
 * Code with survivors of every age, or of so many as were made where the program hardly got a processor; where there is none
 * and the heap grew, that which made most of it.
 */
function accusedOf(births: readonly Births[], grown: number): readonly Births[] {
  for (const sign of ['leak', 'suspicious'] as const) {
    const accused = births.filter(({ pattern }) => pattern === sign)
    if (accused.length > 0) return accused
  }
  return grown === 0 ? [] : births.filter(({ bytesPerIteration }) => bytesPerIteration > grown * GROWN)
}

function toSite(births: Births): WatchSite {
  // The maps of the program are in its own process: ours tell nothing of it.
  const { function: name, file, line, column, stack, survivors } = siteOf(births, place => place)
  return { function: name, file, line, column, stack, survivors, bytesPerSecond: births.bytesPerIteration }
}
