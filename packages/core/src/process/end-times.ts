const DEFAULT_GRACE = 5_000
const FINAL_WAIT = 5_000

/** SIGKILL needs some time as well, so a short deadline shortens the grace: by this, or by half of the deadline. */
const FORCE_AT_LEAST = 1_000

/** When an ending turns to SIGKILL, and when it gives up. Both can be brought forward while it runs, never put off. */
export class EndTimes {
  #forceAt = Infinity
  #deadlineAt = Infinity

  /** Milliseconds from now. */
  constructor(grace: number = DEFAULT_GRACE, deadline: number = grace + FINAL_WAIT) {
    this.shorten(grace, deadline)
  }

  /** Milliseconds until SIGKILL is due; not above 0 from then on. */
  get grace(): number {
    return this.#forceAt - performance.now()
  }

  /** Milliseconds until the ending gives up. */
  get deadline(): number {
    return this.#deadlineAt - performance.now()
  }

  /** What lies earlier than before holds from now on. Milliseconds from now. */
  shorten(grace: number, deadline: number): void {
    const now = performance.now()
    this.#deadlineAt = Math.min(this.#deadlineAt, now + deadline)
    const lastGrace = deadline - Math.min(FORCE_AT_LEAST, deadline / 2)
    this.#forceAt = Math.min(this.#forceAt, now + Math.min(grace, lastGrace))
  }
}
