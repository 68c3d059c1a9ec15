/**
 * One measurement, from the warm-up to the evidence.
 *
 * A round of iterations is sampled. Where it leaves no suspicion, that is all. Where it does, rounds follow that double the
 * iterations each time, until what stayed is let go, or so many have gone by that it stays for good; then clean-up that
 * comes late gets its time, and what is there after it is a leak.
 */
import { birthsOf, type Births } from './births.ts'
import { count, risesIn, type Counts } from './counters.ts'
import { countDeeply } from './deep-counters.ts'
import { collect, heapUsed, optimizing, ownTime, pause, turn } from './engine.ts'
import { growth, type HeapReading } from './heap-growth.ts'
import type { Inspector } from './inspector.ts'
import type { Runner } from './iterate.ts'
import type { LeaktestOptions, Progress } from './options.ts'
import { intervalFor, PLAN } from './plan.ts'
import type { CounterRise } from './report.ts'
import { Sampling } from './sampling.ts'

/** What counting alone tells. */
interface Counted {
  readonly rises: readonly CounterRise[]
  /** Bytes per iteration by which the heap grew in each of the last windows; 0 when it did not. */
  readonly growth: number
  readonly heap: readonly HeapReading[]
  /** Whether there were as many windows as a rising counter or heap needs. */
  readonly seenEnough: boolean
  /** The heap was so full that the trial had to stop. */
  readonly full: boolean
}

/** What a trial saw. */
export interface Evidence extends Counted {
  readonly iterations: number
  readonly warmup: number
  /** Code that keeps what it makes, or may. */
  readonly births: readonly Births[]
}

type TrialOptions = Pick<LeaktestOptions, 'warmup' | 'iterations' | 'time' | 'onProgress' | 'budget' | 'instances'>

/** Batches of the first round; a doubling has half as many. */
const PARTS = 12

interface Reading {
  readonly iterations: number
  readonly counts: Counts
}

export class Trial {
  readonly #iterations: Runner
  readonly #inspector: Inspector
  readonly #options: TrialOptions
  readonly #began = ownTime()
  readonly #deadline: number
  #sampling: Sampling | undefined
  #warmup = 0
  #heap: HeapReading[] = []
  /** What reading the evidence left on the heap: its code, and what it found. */
  #ownBytes = 0
  #hasEvaluated = false
  #readings: Reading[] = []
  /** Of what takes long to count, and is therefore counted only at the beginning and after each round. */
  #deepReadings: Reading[] = []

  constructor(iterations: Runner, inspector: Inspector, options: TrialOptions) {
    this.#iterations = iterations
    this.#inspector = inspector
    this.#options = options
    this.#deadline = options.iterations === undefined ? this.#began + (options.time ?? 3_000) : Infinity
  }

  /** Iterations that were measured. */
  get #total(): number {
    return this.#iterations.count - this.#warmup
  }

  async run(): Promise<Evidence> {
    const milliseconds = await this.#warmUp()
    this.#rehearse()
    const sampling = new Sampling(this.#inspector, intervalFor(milliseconds))
    this.#sampling = sampling
    await turn()
    this.#read()
    this.#readDeeply()
    sampling.mark(0)
    await this.#firstRound()
    await this.#readAfterTurns()
    const evidence = this.#evidence()
    const suspects = evidence.births.filter(isSuspect)
    if (suspects.length > 0 || isRising(evidence)) await this.#lookLonger(suspects)
    else if (evidence.births.every(({ pattern }) => pattern !== 'bounded')) return evidence
    await this.#settle()
    return this.#evidence()
  }

  close(): void {
    this.#sampling?.stop()
    this.#sampling = undefined
  }

  /** Returns how long an iteration takes, in milliseconds. */
  async #warmUp(): Promise<number> {
    const { time = 3_000, warmup = 40 } = this.#options
    this.#progress('warm-up')
    await this.#iterations.run(warmup >> 1, this.#began + (time * PLAN.warmupShare) / 2)
    const half = this.#iterations.count
    const began = ownTime()
    await this.#iterations.run(warmup - half, this.#began + time * PLAN.warmupShare)
    const took = ownTime() - began
    this.#warmup = this.#iterations.count
    return took / Math.max(1, this.#warmup - half)
  }

  /** Does what a reading does, so that nothing of it is compiled, and on the heap, between two readings. */
  #rehearse(): void {
    for (let times = 0; times < 2; times++) this.#read()
    this.#readDeeply()
    this.#heap = []
    this.#readings = []
    this.#deepReadings = []
  }

  /** The collections are as far from each other as they can be: what a table may hold until the next is no growth. */
  async #firstRound(): Promise<void> {
    const { iterations } = this.#options
    const began = ownTime()
    let size = iterations ?? PLAN.roundIterations
    let end = this.#deadline
    for (let part = 1; part <= PARTS; part++) {
      await this.#batch(Math.ceil((size * part) / PARTS) - this.#total, part === 1 ? began + PLAN.round / PARTS : end)
      if (part === 1 && iterations === undefined) {
        // The first batch tells how many iterations the time allows.
        const each = (ownTime() - began) / Math.max(1, this.#total)
        size = Math.min(PLAN.roundIterations, Math.max(PLAN.roundFewest, PLAN.round / each))
        end = Math.min(this.#deadline, began + Math.max(PLAN.round, 2 * PLAN.roundFewest * each))
      }
      if (part === 3 || part === 6) this.#read()
      else if (part === 9) collect()
    }
  }

  /** Doubles the iterations until what is suspected is let go, or has stayed for long enough. */
  async #lookLonger(suspects: readonly Births[]): Promise<void> {
    while (!this.#isDecided()) {
      await this.#extend()
      await this.#readAfterTurns()
      if (suspects.length === 0 && !isRising(this.#counted())) return
    }
  }

  async #extend(): Promise<void> {
    this.#leaveOutOwn()
    const from = this.#total
    const parts = PARTS / 2
    for (let part = 1; part <= parts && ownTime() < this.#deadline; part++) {
      await this.#batch(Math.ceil(from / parts), this.#deadline)
      if (part < parts) collect()
      this.#progress('extend')
    }
  }

  /** Gives clean-up that comes late its time, and finalizers that wait for a collection theirs. */
  async #settle(): Promise<void> {
    this.#progress('settle')
    this.#leaveOutOwn()
    for (const milliseconds of PLAN.settle) {
      await pause(milliseconds)
      collect()
    }
    this.#read()
    this.#readDeeply()
  }

  async #batch(iterations: number, until?: number): Promise<void> {
    if (iterations > 0) await this.#iterations.run(iterations, until)
    this.#sampling?.mark(this.#total)
    this.#progress('measure')
  }

  /** Whether what is suspected has been looked at for long enough. */
  #isDecided(): boolean {
    if (this.#iterations.full || ownTime() >= this.#deadline) return true
    const { iterations, time = 3_000 } = this.#options
    if (iterations !== undefined) return this.#total >= iterations * 2
    if (this.#readings.length <= PLAN.windows) return false
    const share = this.#total < PLAN.fewestForHeap ? PLAN.fewestShare : PLAN.enoughShare
    return this.#total >= PLAN.enough || ownTime() - this.#began >= time * share
  }

  /**
   * Lets the event loop turn a few times first: clean-up may be left to its next turns, or to finalizers, which wait for a
   * collection and then for a turn.
   */
  async #readAfterTurns(): Promise<void> {
    await turn()
    collect()
    for (let turns = 0; turns < 3; turns++) await turn()
    this.#read()
    this.#readDeeply()
  }

  #read(): void {
    collect()
    const iterations = this.#total
    replaceLast(this.#heap, { iterations, bytes: this.#bytes() })
    replaceLast(this.#readings, { iterations, counts: count() })
  }

  /** Listeners, promises and instances, when they were asked for. */
  #readDeeply(): void {
    const { budget, instances = [] } = this.#options
    const wanted = { listeners: budget?.listeners !== undefined, promises: budget?.promises !== undefined, instances }
    if (!wanted.listeners && !wanted.promises && instances.length === 0) return
    replaceLast(this.#deepReadings, { iterations: this.#total, counts: countDeeply(this.#inspector, wanted) })
  }

  /** Of the heap, without what this test itself has made. */
  #bytes(): number {
    return heapUsed() - (this.#sampling?.markerBytes ?? 0) - this.#ownBytes
  }

  /** What reading the evidence has left on the heap is nothing that grew. */
  #leaveOutOwn(): void {
    if (!this.#hasEvaluated) return
    this.#hasEvaluated = false
    collect()
    const bytes = this.#bytes()
    this.#ownBytes += bytes - (this.#heap.at(-1)?.bytes ?? bytes)
  }

  /** What is there without asking for the survivors, which takes longest. */
  #counted(): Counted {
    const windows = this.#readings.length - 1
    return {
      rises: [...risesIn(this.#readings.slice(-PLAN.windows - 1)), ...risesIn(this.#deepReadings)],
      // The first window is left out: what is compiled and filled once lies there.
      growth: growth(this.#heap, windows - 1),
      heap: this.#heap,
      seenEnough: windows >= PLAN.windows,
      full: this.#iterations.full,
    }
  }

  /** To be asked for right after a reading. */
  #evidence(): Evidence {
    const iterations = this.#total
    const births = optimizing(() => birthsOf(this.#sampling?.survivors(iterations) ?? [], iterations))
    this.#hasEvaluated = true
    return { iterations, warmup: this.#warmup, births, ...this.#counted() }
  }

  #progress(phase: Progress['phase']): void {
    const { onProgress, time = 3_000, iterations } = this.#options
    if (onProgress === undefined) return
    const share = iterations === undefined ? (ownTime() - this.#began) / time : this.#total / (2 * iterations)
    onProgress({ phase, iterations: this.#iterations.count, share: Math.min(1, share) })
  }
}

/** A reading after no more iterations takes the place of the one before: nothing can have risen from that to this. */
function replaceLast<T extends { readonly iterations: number }>(readings: T[], reading: T): void {
  if (readings.at(-1)?.iterations === reading.iterations) readings.pop()
  readings.push(reading)
}

function isSuspect({ pattern }: Births): boolean {
  return pattern === 'leak' || pattern === 'suspicious'
}

function isRising({ rises, growth: grown, full }: Counted): boolean {
  return full || grown > 0 || rises.length > 0
}
