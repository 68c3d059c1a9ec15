/** The two times of one call of a store. */
export interface Times {
  /**
   * The store's time, by which leases are measured: milliseconds since 1970, with fractions, that only rise. All users of
   * a store share it.
   */
  now: number
  /** Wall time, for people: it stamps events. Milliseconds since 1970. */
  wall: number
}
