/**
 * One measurement, from the warm-up to the evidence.
 *
 * A few iterations tell how much is to be sampled, then a round of them is. Where it leaves no suspicion, that is all. Where it
 * does, rounds follow that double the iterations each time, until so many have gone by that what is old and still there stays
 * for good; clean-up that comes late gets its time before that is said.
 */
import { birthsOf, type Births } from './births.ts'
import { collect, heapShare, now, optimizing, ownTime, pause, turn } from './engine.ts'
import type { Inspector } from './inspector.ts'
import type { Runner } from './iterate.ts'
import { DEFAULT_TIME, type LeaktestOptions, type Progress } from './options.ts'
import { intervalFor, PLAN } from './plan.ts'
import { Readings, type Counted } from './readings.ts'
import { Sampling } from './sampling.ts'
import { chanceOfSmall, thin, WHOLE, type Thinning } from './thinning.ts'

/** What a trial saw. */
export interface Evidence extends Counted {
  readonly iterations: number
  readonly warmup: number
  /** Code that keeps what it makes, or may. */
  readonly births: readonly Births[]
  /** The heap was so full that the trial had to stop. */
  readonly full: boolean
  /** … and it was nearly so before the trial. */
  readonly fullBefore: boolean
  /** The chance of a small object to be sampled. */
  readonly sampled: number
}

type TrialOptions = Pick<LeaktestOptions, 'warmup' | 'iterations' | 'time' | 'onProgress' | 'budget' | 'instances'>

/** Batches of the first round; a doubling has half as many. */
const PARTS = 12

export class Trial {
  readonly #iterations: Runner
  readonly #inspector: Inspector
  readonly #options: TrialOptions
  readonly #began = ownTime()
  readonly #deadline: number
  readonly #shareBefore = heapShare()
  #sampling: Sampling | undefined
  #thinning = WHOLE
  #warmup = 0
  readonly #readings: Readings
  #hasEvaluated = false

  constructor(iterations: Runner, inspector: Inspector, options: TrialOptions) {
    this.#iterations = iterations
    this.#inspector = inspector
    this.#options = options
    this.#readings = new Readings(inspector, options)
    this.#deadline = options.iterations === undefined ? this.#began + (options.time ?? DEFAULT_TIME) : Infinity
  }

  /** Iterations that are measured. */
  get #total(): number {
    return this.#iterations.count - this.#warmup
  }

  async run(): Promise<Evidence> {
    this.#thinning = await this.#probe(await this.#warmUp())
    this.#rehearse()
    const sampling = new Sampling(this.#inspector, this.#thinning)
    this.#sampling = sampling
    await turn()
    this.#read('deeply')
    sampling.mark(0)
    await this.#firstRound()
    const roundEnded = now()
    await this.#readAfterTurns()
    const evidence = this.#evidence()
    const suspects = evidence.births.filter(isSuspect)
    if (suspects.length > 0 || evidence.full || isRising(evidence)) {
      await this.#lookLonger(suspects)
      const later = optimizing(() => this.#evidence())
      // A leak is in most of the old batches, and those had their time while the others ran.
      if (later.births.some(isLeak) && now() - roundEnded >= PLAN.settle) return later
    } else if (evidence.births.every(({ pattern }) => pattern !== 'bounded')) return evidence
    await this.#settle()
    return optimizing(() => this.#evidence())
  }

  close(): void {
    this.#sampling?.stop()
    this.#sampling = undefined
  }

  /** Returns how long an iteration takes, in milliseconds. */
  async #warmUp(): Promise<number> {
    const { time = DEFAULT_TIME, warmup = 40 } = this.#options
    this.#progress('warm-up')
    await this.#iterations.run(warmup >> 1, this.#began + (time * PLAN.warmupShare) / 2)
    const half = this.#iterations.count
    const began = ownTime()
    await this.#iterations.run(warmup - half, this.#began + time * PLAN.warmupShare)
    const took = ownTime() - began
    return took / Math.max(1, this.#iterations.count - half)
  }

  /**
   * Samples everything of a few iterations. Returns how much is to be sampled of those that are measured.
   * @param alone milliseconds that an iteration takes when it is not sampled.
   */
  async #probe(alone: number): Promise<Thinning> {
    const { iterations: asked, time = DEFAULT_TIME } = this.#options
    const sampling = new Sampling(this.#inspector, WHOLE)
    this.#sampling = sampling
    const from = this.#iterations.count
    const began = ownTime()
    sampling.mark(0)
    await this.#iterations.run(PLAN.probe, Math.min(this.#deadline, began + PLAN.probeTime))
    const iterations = this.#iterations.count - from
    const sampled = (ownTime() - began) / Math.max(1, iterations)
    await turn()
    collect()
    sampling.mark(iterations)
    const survivors = sampling.survivors(iterations)
    sampling.stop()
    this.#warmup = this.#iterations.count
    if (iterations === 0) return WHOLE
    return thin(survivors, iterations, {
      most: PLAN.samples / (asked === undefined ? Math.min(PLAN.enough, time / sampled) : 2 * asked),
      least: asked === undefined ? intervalFor(alone, sampled) : 1,
    })
  }

  /** Does what a reading does, so that nothing of it is compiled, and on the heap, between two readings. */
  #rehearse(): void {
    this.#read('deeply')
    this.#readings.clear()
  }

  /** The collections are as far from each other as they can be: what a table may hold until the next is no growth. */
  async #firstRound(): Promise<void> {
    const { iterations } = this.#options
    const began = ownTime()
    let size = iterations ?? PLAN.roundIterations
    let end = iterations === undefined ? began + PLAN.round / PARTS : Infinity
    for (let part = 1; part <= PARTS && ownTime() < this.#deadline; part++) {
      await this.#batch(Math.ceil((size * part) / PARTS) - this.#total, end)
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
      await this.#extend(suspects.length === 0)
      await this.#readAfterTurns()
      if (suspects.length === 0 && !isRising(this.#readings.counted(this.#warmup))) return
    }
  }

  /** @param evenly whether the collections are to be no farther from each other than in the first round. */
  async #extend(evenly: boolean): Promise<void> {
    this.#leaveOutOwn()
    const from = this.#total
    const parts = PARTS / 2
    for (let part = 1; part <= parts && ownTime() < this.#deadline; part++) {
      await this.#batch(Math.ceil(from / parts), this.#deadline)
      if (evenly && part < parts) collect()
      this.#progress('extend')
    }
  }

  /** Gives clean-up that comes late its time, and finalizers that wait for a collection theirs. */
  async #settle(): Promise<void> {
    this.#progress('settle')
    this.#leaveOutOwn()
    const until = now() + PLAN.settle
    for (let wait = PLAN.firstWait; now() < until; wait *= 2) {
      await pause(Math.min(wait, until - now()))
      this.#iterations.throwIfAborted()
      collect()
    }
    this.#read('deeply')
  }

  async #batch(iterations: number, until?: number): Promise<void> {
    if (iterations > 0) await this.#iterations.run(iterations, until)
    this.#sampling?.mark(this.#total)
    this.#progress('measure')
  }

  /** Whether what is suspected has been looked at for long enough. */
  #isDecided(): boolean {
    if (this.#iterations.full || ownTime() >= this.#deadline) return true
    const { iterations, time = DEFAULT_TIME } = this.#options
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
    this.#read('deeply')
  }

  #read(how?: 'deeply'): void {
    const markerBytes = this.#sampling?.markerBytes ?? 0
    if (how === 'deeply') this.#readings.readDeeply(this.#total, markerBytes)
    else this.#readings.read(this.#total, markerBytes)
  }

  /** What reading the evidence has left on the heap is nothing that grew. */
  #leaveOutOwn(): void {
    if (this.#hasEvaluated) this.#readings.leaveOut(this.#sampling?.markerBytes ?? 0)
    this.#hasEvaluated = false
  }

  /** To be asked for right after a reading. */
  #evidence(): Evidence {
    const iterations = this.#total
    const births = birthsOf(this.#sampling?.survivors(iterations) ?? [], iterations)
    this.#hasEvaluated = true
    return {
      iterations,
      warmup: this.#warmup,
      births,
      full: this.#iterations.full,
      fullBefore: this.#shareBefore > PLAN.fullBefore,
      sampled: chanceOfSmall(this.#thinning),
      ...this.#readings.counted(this.#warmup),
    }
  }

  #progress(phase: Progress['phase']): void {
    const { onProgress, time = DEFAULT_TIME, iterations } = this.#options
    if (onProgress === undefined) return
    const share = iterations === undefined ? (ownTime() - this.#began) / time : this.#total / (2 * iterations)
    onProgress({ phase, iterations: this.#iterations.count, share: Math.min(1, share) })
  }
}

function isLeak({ pattern }: Births): boolean {
  return pattern === 'leak'
}

function isSuspect({ pattern }: Births): boolean {
  return pattern === 'leak' || pattern === 'suspicious'
}

function isRising({ rises, growth }: Counted): boolean {
  return growth > 0 || rises.length > 0
}
