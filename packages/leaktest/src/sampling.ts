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

/** One allocation that is still alive. */
export interface Survivor {
  readonly bytes: number
  /** The iteration in which it was made, counted from the start of sampling; may be a fraction. */
  readonly iteration: number
  /** The innermost first. */
  readonly stack: readonly CallFrame[]
}

/** Where the harness itself lies: its frames are nobody's site. */
const OWN = pathOf(new URL('.', import.meta.url).href)

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

  /** What is alive of all that was made between the first marker and the last. */
  survivors(): Survivor[] {
    const { profile } = this.#inspector.post('HeapProfiler.getSamplingProfile')
    const stacks = stacksOf(profile.head)
    const marks = this.#marksIn(profile, stacks)
    const survivors: Survivor[] = []
    let mark = 0
    for (const { ordinal, nodeId, size } of profile.samples.toSorted((a, b) => a.ordinal - b.ordinal)) {
      while (mark < marks.length && (marks[mark]?.ordinal ?? 0) <= ordinal) mark++
      const from = marks[mark - 1]
      const to = marks[mark]
      const stack = stacks.get(nodeId)
      if (from === undefined || to === undefined || stack === undefined || isOwn(stack)) continue
      const part = (ordinal - from.ordinal) / (to.ordinal - from.ordinal)
      const iteration = from.iterations + part * (to.iterations - from.iterations)
      survivors.push({ bytes: size, iteration, stack })
    }
    return survivors
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
  #marksIn(
    { samples }: SamplingProfile,
    stacks: ReadonlyMap<number, readonly CallFrame[]>,
  ): { ordinal: number; iterations: number }[] {
    const marks: { ordinal: number; iterations: number }[] = []
    for (const { ordinal, nodeId } of samples.toSorted((a, b) => a.ordinal - b.ordinal)) {
      const kind = kindOfMarker(stacks.get(nodeId))
      if (kind !== marks.length % 2) continue
      marks.push({ ordinal, iterations: this.#iterations[marks.length] ?? Infinity })
    }
    return marks
  }
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
  return pathOf(url).startsWith(OWN)
}

/** Scripts that a test framework loads are named by a path, others by a URL. */
export function pathOf(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url
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
