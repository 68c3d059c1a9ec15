/**
 * Sampling one object of several, where all would be too many to read.
 *
 * V8 samples an object of s bytes with the chance p = 1 − e^(−s / interval), and tells for a sample only s times 1/p, rounded
 * to whole objects: for 32 bytes sampled at 32 that is 64 instead of 50.6. The sizes of a site's objects, seen while
 * everything was sampled, tell which s it was, and so what a sample truly stands for.
 */
import { siteFrameOf, siteKeyOf, type CallFrame } from './call-frame.ts'
import type { Survivors } from './sampling.ts'

/** Sizes of the objects that survive of each site, in bytes. */
type KnownSizes = ReadonlyMap<string, ReadonlySet<number>>

/** Survivors per iteration from which a site is worth to be thinned: fewer are what was made once. */
const DENSE = 0.25
/** Bytes of an object of a site that left nothing while everything was sampled. */
const USUAL_SIZE = 48

/** Bytes between samples, at most: of each site, small objects too, there have to be enough to tell a bound. */
const MOST_BETWEEN = 256

/** Everything is sampled. */
export const WHOLE: Thinning = { interval: 1, sizes: new Map() }

export interface Thinning {
  /** Bytes between samples, on average; 1 samples everything. */
  readonly interval: number
  readonly sizes: KnownSizes
}

/**
 * How to sample so that, of as many survivors per iteration as these, no more than `most` per iteration are samples.
 * @param survivors of so many iterations, all of which were sampled.
 * @param least bytes between samples, at least.
 */
export function thin(survivors: readonly Survivors[], iterations: number, { most, least = 1 }: ThinOptions): Thinning {
  const dense = survivors.flatMap(({ bytes }) => (bytes.length >= iterations * DENSE ? bytes : []))
  let interval = least
  while (interval < MOST_BETWEEN && sum(dense.map(size => chanceOf(size, interval))) > most * iterations) interval *= 2
  return interval === 1 ? WHOLE : { interval, sizes: sizesOf(survivors) }
}

interface ThinOptions {
  readonly most: number
  readonly least?: number
}

/** The chance of a small object to be sampled. */
export function chanceOfSmall({ interval }: Thinning): number {
  return chanceOf(USUAL_SIZE, interval)
}

/** What a sample stands for. */
export interface Meaning {
  readonly objects: number
  readonly bytes: number
}

/** Tells what the samples of one stack stand for, by the bytes that V8 tells of each. */
export function meaningsOf(stack: readonly CallFrame[], { interval, sizes }: Thinning): (told: number) => Meaning {
  if (interval === 1) return told => ({ objects: 1, bytes: told })
  const known = [...(sizes.get(keyOf(stack)) ?? [])]
  const found = new Map<number, Meaning>()
  return told => {
    const before = found.get(told)
    if (before !== undefined) return before
    const size = known.find(each => toldOf(each, interval) === told) ?? guessSize(told, interval)
    const objects = 1 / chanceOf(size, interval)
    const meaning = { objects, bytes: objects * size }
    found.set(told, meaning)
    return meaning
  }
}

/** What V8 tells of an object of that many bytes. */
function toldOf(size: number, interval: number): number {
  return size * Math.round(1 / chanceOf(size, interval))
}

/** The size nearest to the usual one that V8 would have told so. */
function guessSize(told: number, interval: number): number {
  let best = told
  for (let objects = 1; objects * 8 <= told; objects++) {
    const size = told / objects
    if (size % 8 !== 0 || toldOf(size, interval) !== told) continue
    if (Math.abs(size - USUAL_SIZE) < Math.abs(best - USUAL_SIZE)) best = size
  }
  return best
}

function sizesOf(survivors: readonly Survivors[]): KnownSizes {
  const sizes = new Map<string, Set<number>>()
  for (const { stack, bytes } of survivors) {
    const key = keyOf(stack)
    const known = sizes.get(key)
    if (known === undefined) sizes.set(key, new Set(bytes))
    else for (const size of bytes) known.add(size)
  }
  return sizes
}

/** What nobody is to blame for is one site. */
function keyOf(stack: readonly CallFrame[]): string {
  const frame = siteFrameOf(stack)
  return frame === undefined ? '' : siteKeyOf(frame)
}

/** The chance of an object of that many bytes to be sampled. */
function chanceOf(size: number, interval: number): number {
  return interval === 1 ? 1 : 1 - Math.exp(-size / interval)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
