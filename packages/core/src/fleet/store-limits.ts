/** How much a store hands out or keeps at once. Every driver obeys the same figures. */

/** Leases per claim, unless the caller says otherwise. */
export const CLAIM_LIMIT = 256

/** Records per page of `list` and `tombstones`, unless the caller says otherwise. */
export const LIST_LIMIT = 1_000

/** Milliseconds that a tombstone is kept: 7 days. */
export const TOMBSTONE_AGE: number = 7 * 24 * 60 * 60 * 1_000

/** Tombstones kept at most; the oldest go first. */
export const TOMBSTONE_LIMIT = 10_000

/** Aged tombstones dropped per finished lease: more than come, so that a backlog shrinks without a stall. */
export const TOMBSTONE_BATCH = 8

/** Milliseconds after which kept processes are forgotten once no lease names their boot any more: 7 days. */
export const KEPT_AGE: number = 7 * 24 * 60 * 60 * 1_000

/** Events that wait for the event log at most; the oldest go first. Only an event log that is away for days gets there. */
export const OUTBOX_LIMIT = 100_000

/** Leases that are held, or in quarantine, told at once. */
export const HELD_LIMIT = 1_000

/** Milliseconds of a lease or a claim at most: what Node's timers can wait for. */
export const LONGEST_LEASE = 2_147_483_647
