/**
 * Decides, by a seed, who goes on next.
 *
 * Code under test and its scripted surroundings stop at gates. The scheduler opens one at a time, and between two of them lets
 * everything run until it waits. With the same seed the same gates open in the same order, so that what failed once fails again.
 */
import { setImmediate as turn } from 'node:timers/promises'

/**
 * What waits at a gate does when its signal aborts: goes at once; goes only when the gate opens; or never hears of it, and goes on as if
 * nothing were when the gate opens.
 */
type Temper = 'listens' | 'lags' | 'deaf'

interface Gate {
  readonly point: string
  open(): void
}

export class SeededScheduler {
  /** The points whose gates were opened, and what else was noted, in order. */
  readonly trace: string[] = []
  readonly #waiting: Gate[] = []
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** A number from 0 up to 1, by the generator mulberry32. */
  random(): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.random() * end)
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)]
    if (value === undefined) throw new Error('There is nothing to pick from.')
    return value
  }

  /** Waits until the scheduler opens it, or as the temper that it draws has it when the signal aborts. */
  gate(point: string, signal?: AbortSignal): Promise<void> {
    const temper: Temper = signal === undefined ? 'deaf' : this.pick(['listens', 'listens', 'lags', 'deaf'])
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const fail = (): void => reject(new DOMException('This operation was aborted', 'AbortError'))
    if (temper === 'listens' && signal?.aborted === true) {
      fail()
      return promise
    }
    const gate: Gate = {
      point,
      open: () => {
        signal?.removeEventListener('abort', leave)
        if (temper === 'lags' && signal?.aborted === true) fail()
        else resolve()
      },
    }
    const leave = (): void => {
      this.remove(gate)
      fail()
    }
    if (temper === 'listens') signal?.addEventListener('abort', leave, { once: true })
    this.#waiting.push(gate)
    return promise
  }

  /** A gate that calls a function, and may be removed. */
  add(gate: Gate): void {
    this.#waiting.push(gate)
  }

  remove(gate: Gate): void {
    const index = this.#waiting.indexOf(gate)
    if (index !== -1) this.#waiting.splice(index, 1)
  }

  /** The points at which somebody waits, each once. */
  points(): string[] {
    return [...new Set(this.#waiting.map(({ point }) => point))]
  }

  /** Opens one of the gates, and lets everything run until it waits. False when nobody waited. */
  async step(): Promise<boolean> {
    const [gate] = this.#waiting.length === 0 ? [] : this.#waiting.splice(this.below(this.#waiting.length), 1)
    if (gate !== undefined) this.trace.push(gate.point)
    gate?.open()
    await turn()
    return gate !== undefined
  }

  note(what: string): void {
    this.trace.push(`[${what}]`)
  }
}
