/**
 * What was made during the watch and is still alive, by the code that made it.
 *
 * V8 numbers what it samples in the order of birth: the highest number at a reading parts what was born before it from what
 * was born after, so nothing has to be left in the program to mark the time.
 */
import { birthsOf, type Births } from '../births.ts'
import { LeaktestError } from '../errors.ts'
import { survivorsBetween, type Mark } from '../sampling.ts'
import type { SamplingProfile } from '../inspector.ts'
import type { Connection } from './connection.ts'

/** Bytes between two samples, on average. */
const INTERVAL = 4_096
/**
 * Collections after which V8 has thrown away the bytecode of what did not run meanwhile. It does so once, and the heap must
 * not shrink by that while it is watched.
 */
const AGEING = 8

export class Allocations {
  readonly #connection: Connection
  readonly #marks: Mark[] = []

  private constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Returns undefined when somebody samples already: V8 has one sampling per process, and theirs must not be ended. */
  static async start(connection: Connection): Promise<Allocations | undefined> {
    if (await isSampled(connection)) return undefined
    await connection.post('HeapProfiler.startSampling', {
      samplingInterval: INTERVAL,
      includeObjectsCollectedByMajorGC: false,
      includeObjectsCollectedByMinorGC: false,
    })
    for (let times = 0; times < AGEING; times++) await connection.post('HeapProfiler.getSamplingProfile')
    return new Allocations(connection)
  }

  /** Parts what was born before from what is born after. */
  async mark(seconds: number): Promise<void> {
    const { profile } = await this.#connection.post('HeapProfiler.getSamplingProfile')
    this.#mark(profile, seconds)
  }

  /** Ends the sampling. Rates are per second. */
  async finish(seconds: number): Promise<Births[]> {
    const { profile } = await this.#connection.post('HeapProfiler.stopSampling')
    this.#mark(profile, seconds)
    return birthsOf(survivorsBetween(this.#marks, { profile, iterations: seconds }), seconds)
  }

  #mark({ samples }: SamplingProfile, seconds: number): void {
    const newest = samples.reduce((most, { ordinal }) => Math.max(most, ordinal), this.#marks.at(-1)?.ordinal ?? 0)
    // Between the newest and whatever comes next.
    this.#marks.push({ ordinal: Math.floor(newest) + 0.5, iterations: seconds })
  }
}

async function isSampled(connection: Connection): Promise<boolean> {
  try {
    await connection.post('HeapProfiler.getSamplingProfile')
    return true
  } catch (error) {
    if (error instanceof LeaktestError && error.code === 'INSPECTOR_MISSING') return false
    throw error
  }
}
