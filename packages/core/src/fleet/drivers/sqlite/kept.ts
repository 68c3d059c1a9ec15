import type { ProcessIdentity } from '../../../process/identity.ts'
import type { Database } from '../../../sqlite/database.ts'
import { KEPT_AGE } from '../../store-limits.ts'
import { LARGEST_PID } from './lease-rows.ts'

/** Also forgets those of a boot that no lease has named for a while. */
export function keep(database: Database, { pid, startTime, bootId }: ProcessIdentity, now: number): void {
  database.run(
    `INSERT INTO kept (boot_id, pid, start_time, kept_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET kept_at = excluded.kept_at`,
    bootId,
    pid,
    startTime,
    now,
  )
  database.run(
    `DELETE FROM kept WHERE boot_id <> ? AND kept_at <= ?
       AND NOT EXISTS (SELECT 1 FROM leases WHERE leases.boot_id = kept.boot_id)`,
    bootId,
    now - KEPT_AGE,
  )
}

export function kept(database: Database, bootId: string): ProcessIdentity[] {
  const rows = database.all<{ pid: number; start_time: string }>(
    'SELECT pid, start_time FROM kept WHERE boot_id = ? AND pid BETWEEN 1 AND ? ORDER BY pid, start_time',
    bootId,
    LARGEST_PID,
  )
  return rows.map(({ pid, start_time: startTime }) => ({ pid, startTime, bootId }))
}
