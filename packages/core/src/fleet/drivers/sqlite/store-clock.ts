/**
 * The time of a store in a file: one clock for all processes of a boot that nobody can set.
 *
 * Invariants:
 * - Within a boot it is the monotonic clock plus an offset that the first opener wrote down. Setting the wall clock ends no
 *   lease, nor does a sleep of the machine, during which the monotonic clock stands still: time then lags behind the
 *   wall's, by the length of the sleep.
 * - It never goes back: a new boot starts from the wall clock, but not below the newest time that the store recorded.
 * - After a boot no lease lies further ahead than its own time to live, and no claim of the boot before is waited for.
 *
 * Limits: all users of a file must run on one machine, which SQLite's write-ahead log asks for anyway.
 */
import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { type Clock, systemClock } from '../../../clock/clock.ts'
import type { Database } from '../../../sqlite/database.ts'
import { LATEST_TIME } from '../../epoch.ts'
import type { Times } from '../../times.ts'

export interface StoreClockOptions {
  /** @default the machine's clock */
  clock?: Clock | undefined
  /** Names the boot that the monotonic clock belongs to. @default asked of the system */
  bootId?: string | undefined
}

/** Boots that are remembered. One would do, were it not for systems that name a boot only roughly. */
const REMEMBERED_BOOTS = 16

/** Sets a store's clock, or reads how an earlier opener set it, and returns what tells the time from then on. */
export function openStoreClock(database: Database, options: StoreClockOptions = {}): () => Times {
  const { clock = systemClock, bootId = currentBootId() } = options
  const offset = findOffset(database, bootId) ?? startBoot(database, bootId, clock)
  return () => ({ now: clock.monotonic() + offset, wall: Math.floor(clock.now()) })
}

function findOffset(database: Database, bootId: string): number | undefined {
  return database.get<{ clock_offset: number }>('SELECT clock_offset FROM boots WHERE boot_id = ?', bootId)
    ?.clock_offset
}

function startBoot(database: Database, bootId: string, clock: Clock): number {
  return database.transaction(() => {
    const first = findOffset(database, bootId)
    if (first !== undefined) return first
    const now = Math.max(clock.now(), newestTime(database))
    const offset = now - clock.monotonic()
    database.run('INSERT INTO boots (boot_id, clock_offset) VALUES (?, ?)', bootId, offset)
    database.run('DELETE FROM boots WHERE number <= (SELECT max(number) FROM boots) - ?', REMEMBERED_BOOTS)
    clampLeases(database, Math.floor(now))
    return offset
  })
}

/** Reads all leases, once per boot. A time that no clock can have told comes of damage, and sets none. */
function newestTime(database: Database): number {
  const row = database.get<{ newest: number | null }>(
    `
    SELECT max(time) AS newest FROM (
      SELECT max(registered_at) AS time FROM leases WHERE registered_at <= :latest
      UNION ALL SELECT max(last_beat) FROM leases WHERE last_beat <= :latest
      UNION ALL SELECT swept_at FROM guard
      UNION ALL SELECT ended_at FROM (SELECT ended_at FROM tombstones ORDER BY number DESC LIMIT 1)
    ) WHERE time <= :latest`,
    { latest: LATEST_TIME },
  )
  return row?.newest ?? 0
}

function clampLeases(database: Database, now: number): void {
  database.run(
    `UPDATE leases SET due_at = ? + iif(phase = 'reaping', 0, lease_ttl)
     WHERE due_at > ? + iif(phase = 'reaping', 0, lease_ttl)`,
    now,
    now,
  )
}

/**
 * Linux gives each boot an id, which containers of one machine share as they share its clock. Elsewhere it is the minute
 * of the boot by the wall clock; setting that clock, or a minute that just ends, then looks like a new boot, which only
 * means that the offset is written down again.
 */
function currentBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return `booted:${Math.round((Date.now() / 1_000 - uptime()) / 60)}`
  }
}
