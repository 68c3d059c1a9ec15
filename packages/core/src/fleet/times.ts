/** The two times of one call of a store. */
export interface Times {
  /**
   * The store's time, by which leases are measured: milliseconds since 1970 that only rise, with fractions where the
   * clock has them. All users of a store share it.
   */
  now: number
  /** Wall time, for people: it stamps events. Milliseconds since 1970. */
  wall: number
}
