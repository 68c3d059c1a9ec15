/** What a scenario is given: the same object in every iteration, so that holding on to it costs nothing. */
export interface ScenarioContext<F = unknown> {
  /** Counts from 0, warm-up included. */
  readonly iteration: number
  /** What `setup` returned for this iteration. */
  readonly fixture: F
  /** Aborted when the test ends: early by the caller's signal, or since an iteration did not settle in time, or at its end. */
  readonly signal: AbortSignal
  /** A number from 0 up to 1; the same sequence for the same `seed`. */
  readonly random: () => number
}

/**
 * What is repeated. It starts, uses and ends something; whatever of it is alive after the next turns of the event loop is
 * suspected. When it returns a promise, the next iteration waits for it.
 */
export type Scenario<F = unknown> = (context: ScenarioContext<F>) => unknown
