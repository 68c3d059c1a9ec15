import { performance } from 'node:perf_hooks'

/** How often something may fail within a period before it counts as broken, as with the supervisors of Erlang/OTP. */
export class RestartIntensity {
  readonly #max: number
  readonly #period: number
  /** When it failed, by `performance.now()`; at most one more than `max`. */
  #failures: number[] = []

  constructor(max: number, period: number) {
    this.#max = max
    this.#period = period
  }

  /** Notes a failure; true when it is one too many. */
  isExceeded(): boolean {
    const now = performance.now()
    this.#failures = this.#failures.filter(at => at > now - this.#period)
    this.#failures.push(now)
    return this.#failures.length > this.#max
  }
}
