/** Where time comes from. Tests hand in a fake one; everything that measures a lease asks a clock, never `Date`. */
export interface Clock {
  /** Milliseconds since 1970, for people and records. May jump. */
  now(): number
  /** Milliseconds that only rise, from an arbitrary start that all processes of one boot share. */
  monotonic(): number
}

/** The machine's clocks. `process.hrtime` is CLOCK_MONOTONIC: shared by all processes of a boot, still while it sleeps. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
}
