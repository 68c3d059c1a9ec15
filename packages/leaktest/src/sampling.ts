/**
 * Births and survivors: which code made what is still alive, and in which iteration.
 *
 * V8 samples allocations and forgets those that were collected, so that a profile lists the survivors, numbered in the
 * order of their birth. Between batches a marker is allocated and kept: its number says where one batch ends and the next
 * begins, and what lies between two markers is spread over the iterations between them.
 */
import { fileURLToPath } from 'node:url'
import type { Inspector, SamplingNode, SamplingProfile } from './inspector.ts'

/** A function of the program on a stack of allocation; positions are those of the function, counted from 0. */
export interface CallFrame {
  readonly function: string
  readonly url: string
  readonly scriptId: string
  readonly line: number
  readonly column: number
}

/** What one stack made that is still alive. */
export interface Survivors {
  /** The innermost first. */
  readonly stack: readonly CallFrame[]
  /** For each sample, when it was born: the number of one of {@link SLICES} equal parts of all iterations. */
  readonly slices: readonly number[]
  /** For how many bytes each sample stands: those of one object where everything is sampled, else of several. */
  readonly bytes: readonly number[]
}

/** Parts into which the iterations are cut. */
export const SLICES = 960

/** Where the harness itself lies: its frames are nobody's site. Scripts are named by URLs, by some test frameworks by paths. */
const OWN = new URL('.', import.meta.url).href
const OWN_PATH = fileURLToPath(OWN)

export class Sampling {
  readonly #inspector: Inspector
  readonly #interval: number
  /** Kept, so that they are in the profile. */
  readonly #markers: unknown[][] = []
  /** How many iterations had ended when each marker was made. */
  readonly #iterations: number[] = []

  /** @param interval bytes between samples, on average; 1 samples everything. */
  constructor(inspector: Inspector, interval: number) {
    this.#inspector = inspector
    this.#interval = interval
    inspector.post('HeapProfiler.startSampling', {
      samplingInterval: interval,
      includeObjectsCollectedByMajorGC: false,
      includeObjectsCollectedByMinorGC: false,
    })
  }

  /** Bytes of all markers, which are no scenario's. */
  get markerBytes(): number {
    return this.#markers.length * (this.#markerLength * 8 + 32)
  }

  /** Ends one batch and begins the next, after so many iterations. */
  mark(iterations: number): void {
    const makeMarker = this.#markers.length % 2 === 0 ? evenMarker : oddMarker
    this.#markers.push(makeMarker(this.#markerLength))
    this.#iterations.push(iterations)
  }

  /** What is alive of all that was made between the first marker and the last, which ends so many iterations. */
  survivors(iterations: number): Survivors[] {
    const { profile } = this.#inspector.post('HeapProfiler.getSamplingProfile')
    const stacks = stacksOf(profile.head)
    const marks = this.#marksIn(profile, stacks)
    return survivorsBetween(marks, { profile, stacks, iterations })
  }

  stop(): void {
    this.#markers.length = 0
    this.#inspector.post('HeapProfiler.stopSampling')
  }

  /** So long that it is sampled for certain, to all intents. */
  get #markerLength(): number {
    return Math.max(4, this.#interval * 4)
  }

  /** Both kinds take turns, since one marker may be sampled several times: the mark is where the kind changes. */
  #marksIn({ samples }: SamplingProfile, stacks: ReadonlyMap<number, readonly CallFrame[]>): Mark[] {
    const kinds = new Map<number, 0 | 1>()
    for (const [id, stack] of stacks) {
      const kind = kindOfMarker(stack)
      if (kind !== undefined) kinds.set(id, kind)
    }
    const marks: Mark[] = []
    const markers = samples.filter(({ nodeId }) => kinds.has(nodeId)).toSorted((a, b) => a.ordinal - b.ordinal)
    for (const { ordinal, nodeId } of markers) {
      if (kinds.get(nodeId) !== marks.length % 2) continue
      marks.push({ ordinal, iterations: this.#iterations[marks.length] ?? Infinity })
    }
    return marks
  }
}

/** Where one batch ends and the next begins. */
export interface Mark {
  readonly ordinal: number
  /** Iterations that had ended. */
  readonly iterations: number
}

interface Between {
  readonly profile: SamplingProfile
  readonly stacks?: ReadonlyMap<number, readonly CallFrame[]>
  readonly iterations: number
}

/** What is alive of all that was made between the first mark and the last, which ends so many iterations. */
export function survivorsBetween(
  marks: readonly Mark[],
  { profile, stacks = stacksOf(profile.head), iterations }: Between,
): Survivors[] {
  const found = new Map<number, { stack: readonly CallFrame[]; slices: number[]; bytes: number[] }>()
  for (const { ordinal, nodeId, size } of profile.samples) {
    const slice = sliceOf(ordinal, marks, iterations)
    if (slice < 0) continue
    let survivors = found.get(nodeId)
    if (survivors === undefined) {
      survivors = { stack: stacks.get(nodeId) ?? [], slices: [], bytes: [] }
      found.set(nodeId, survivors)
    }
    survivors.slices.push(slice)
    survivors.bytes.push(size)
  }
  return [...found.values()].filter(({ stack }) => !isOwn(stack))
}

/**
 * Bytes between samples, at least `least`, at which no more than so many of these survivors would have been sampled, all of
 * which were.
 */
export function intervalForSamples(survivors: readonly Survivors[], most: number, least: number): number {
  let interval = least
  while (samplesAt(survivors, interval) > most) interval *= 2
  return interval
}

function samplesAt(survivors: readonly Survivors[], interval: number): number {
  let samples = 0
  for (const { bytes } of survivors) for (const size of bytes) samples += chanceOf(size, interval)
  return samples
}

/** The chance of an object of that many bytes to be sampled. */
function chanceOf(size: number, interval: number): number {
  return interval === 1 ? 1 : 1 - Math.exp(-size / interval)
}

/** The slice in which something was born, spread evenly between two marks; -1 for what was born outside of all. */
function sliceOf(ordinal: number, marks: readonly Mark[], iterations: number): number {
  let low = 0
  let high = marks.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((marks[middle]?.ordinal ?? 0) <= ordinal) low = middle + 1
    else high = middle
  }
  const from = marks[low - 1]
  const to = marks[low]
  if (from === undefined || to === undefined) return -1
  const part = (ordinal - from.ordinal) / (to.ordinal - from.ordinal)
  const iteration = from.iterations + part * (to.iterations - from.iterations)
  return Math.min(SLICES - 1, Math.floor((iteration / iterations) * SLICES))
}

function evenMarker(length: number): unknown[] {
  // oxlint-disable-next-line unicorn/no-new-array -- one allocation of just that length
  return new Array(length)
}

function oddMarker(length: number): unknown[] {
  // oxlint-disable-next-line unicorn/no-new-array -- one allocation of just that length
  return new Array(length)
}

function kindOfMarker(stack: readonly CallFrame[] | undefined): 0 | 1 | undefined {
  const frame = stack?.[0]
  if (frame === undefined || !isOwnUrl(frame.url)) return undefined
  if (frame.function === evenMarker.name) return 0
  return frame.function === oddMarker.name ? 1 : undefined
}

/** Whether nothing but the harness made it. */
function isOwn(stack: readonly CallFrame[]): boolean {
  return !stack.some(isProgram) && stack.some(({ url }) => isOwnUrl(url))
}

/** Whether a frame belongs to the program that is tested: neither to Node nor to the harness. */
export function isProgram({ url }: CallFrame): boolean {
  return url !== '' && !url.startsWith('node:') && !isOwnUrl(url)
}

function isOwnUrl(url: string): boolean {
  return url.startsWith(OWN) || url.startsWith(OWN_PATH)
}

function stacksOf(head: SamplingNode): Map<number, readonly CallFrame[]> {
  const stacks = new Map<number, readonly CallFrame[]>()
  const visit = (node: SamplingNode, below: readonly CallFrame[]): void => {
    const { functionName, url, scriptId, lineNumber, columnNumber } = node.callFrame
    const frame = { function: functionName, url, scriptId, line: lineNumber, column: columnNumber }
    const stack = node === head ? below : [frame, ...below]
    stacks.set(node.id, stack)
    for (const child of node.children) visit(child, stack)
  }
  visit(head, [])
  return stacks
}
