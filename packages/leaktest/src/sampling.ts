/**
 * Births and survivors: which code made what is still alive, and in which iteration.
 *
 * V8 samples allocations and forgets those that were collected, so that a profile lists the survivors, numbered in the
 * order of their birth. Between batches a marker is allocated and kept: its number says where one batch ends and the next
 * begins, and what lies between two markers is spread over the iterations between them.
 */
import { isOwnUrl, isProgram, type CallFrame } from './call-frame.ts'
import type { Inspector, SamplingNode, SamplingProfile } from './inspector.ts'
import { meaningsOf, WHOLE, type Meaning, type Thinning } from './thinning.ts'

/** What one stack made that is still alive. */
export interface Survivors {
  /** The innermost first. */
  readonly stack: readonly CallFrame[]
  /** For each sample, when it was born: the number of one of {@link SLICES} equal parts of all iterations. */
  readonly slices: readonly number[]
  /** For how many bytes each sample stands. */
  readonly bytes: readonly number[]
  /** For how many objects each sample stands: 1 where everything is sampled. */
  readonly objects: readonly number[]
}

/** Parts into which the iterations are cut. */
export const SLICES = 960

export class Sampling {
  readonly #inspector: Inspector
  readonly #thinning: Thinning
  /** Kept, so that they are in the profile. */
  readonly #markers: unknown[][] = []
  /** How many iterations had ended when each marker was made. */
  readonly #iterations: number[] = []
  #isStopped = false

  constructor(inspector: Inspector, thinning: Thinning) {
    this.#inspector = inspector
    this.#thinning = thinning
    inspector.post('HeapProfiler.startSampling', {
      samplingInterval: thinning.interval,
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
    return survivorsBetween(marks, { profile, stacks, iterations, thinning: this.#thinning })
  }

  /** Ends the sampling. Idempotent. */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#markers.length = 0
    this.#inspector.post('HeapProfiler.stopSampling')
  }

  /** So long that it is sampled for certain, to all intents. */
  get #markerLength(): number {
    return Math.max(4, this.#thinning.interval * 4)
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
  /** @default a sample is one object, and its bytes are as V8 tells them */
  readonly thinning?: Thinning
}

/** What is alive of all that was made between the first mark and the last, which ends so many iterations. */
export function survivorsBetween(
  marks: readonly Mark[],
  { profile, stacks = stacksOf(profile.head), iterations, thinning = WHOLE }: Between,
): Survivors[] {
  type Growing = Survivors & { slices: number[]; bytes: number[]; objects: number[]; read: (told: number) => Meaning }
  const found = new Map<number, Growing>()
  for (const { ordinal, nodeId, size } of profile.samples) {
    const slice = sliceOf(ordinal, marks, iterations)
    if (slice < 0) continue
    let survivors = found.get(nodeId)
    if (survivors === undefined) {
      const stack = stacks.get(nodeId) ?? []
      survivors = { stack, slices: [], bytes: [], objects: [], read: meaningsOf(stack, thinning) }
      found.set(nodeId, survivors)
    }
    survivors.slices.push(slice)
    const { objects, bytes } = survivors.read(size)
    survivors.bytes.push(bytes)
    survivors.objects.push(objects)
  }
  return [...found.values()].filter(({ stack }) => !isOwn(stack))
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
