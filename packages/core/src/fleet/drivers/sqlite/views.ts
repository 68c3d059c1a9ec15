import type { Database } from '../../../sqlite/database.ts'
import { type AgentRecord, LIVE_PHASES, type Phase } from '../../records.ts'
import { type FleetCounts, type ListOptions, type QuarantinedLease, reasonOfSilence } from '../../store.ts'
import { HELD_LIMIT, LIST_LIMIT } from '../../store-limits.ts'
import { LEASE_COLUMNS, type LeaseRow, refOf, newestLease, toRecord } from './lease-rows.ts'

export function get(database: Database, id: string): AgentRecord | null {
  const row = newestLease(database, id)
  return row === undefined ? null : toRecord(row)
}

/** A page is short only at the end: records that cannot be read are made up for by those that follow. */
export function list(
  database: Database,
  { after = 0, bootId, phases, limit = LIST_LIMIT }: ListOptions,
): AgentRecord[] {
  const records: AgentRecord[] = []
  const sql = bootId === undefined ? LIST : LIST_OF_BOOT
  const filter = {
    phases: phases === undefined ? null : JSON.stringify(phases),
    ...(bootId === undefined ? {} : { boot: bootId }),
  }
  for (let cursor = after; records.length < limit;) {
    const rows = database.all<LeaseRow>(sql, { ...filter, after: cursor, limit: limit - records.length })
    records.push(...rows.flatMap(row => toRecord(row) ?? []))
    const last = rows.at(-1)
    if (last === undefined || last.seq <= cursor) break // a damaged number leads nowhere
    cursor = last.seq
  }
  return records
}

export function quarantined(database: Database, limit: number = HELD_LIMIT): QuarantinedLease[] {
  return database.all<LeaseRow>(QUARANTINED, limit).map(row => {
    const agent = toRecord(row)
    const { id, epoch } = refOf(row)
    const { host, attempts } = row
    const reason = agent === null ? 'corrupt_heartbeat' : (row.reason ?? reasonOfSilence(agent))
    return { id, epoch, host, reason, attempts, error: row.error ?? '', agent }
  })
}

export function counts(database: Database): FleetCounts {
  const rows = database.all<{ name: Phase | 'tombstones'; count: number }>(COUNTS)
  const phases: FleetCounts['phases'] = { starting: 0, alive: 0, draining: 0, reaping: 0, quarantined: 0 }
  let tombstones = 0
  for (const { name, count } of rows) {
    if (name === 'tombstones') tombstones = count
    else phases[name] = count
  }
  return { phases, tombstones }
}

export function countLive(database: Database): number {
  const { phases } = counts(database)
  return LIVE_PHASES.reduce((sum, phase) => sum + phases[phase], 0)
}

/** A damaged count is told wrong, and must not make a sweep fail. */
const COUNTS = `SELECT name, max(0, min(count, ${Number.MAX_SAFE_INTEGER})) AS count FROM counts`
const IN_PHASES = '(:phases IS NULL OR phase IN (SELECT value FROM json_each(:phases)))'
const LIST = `SELECT ${LEASE_COLUMNS} FROM leases WHERE seq > :after AND ${IN_PHASES} ORDER BY leases.seq LIMIT :limit`
const LIST_OF_BOOT = `SELECT ${LEASE_COLUMNS} FROM leases WHERE boot_id = :boot AND seq > :after AND ${IN_PHASES} ORDER BY leases.seq LIMIT :limit`
const QUARANTINED = `SELECT ${LEASE_COLUMNS} FROM leases WHERE phase = 'quarantined' ORDER BY leases.seq LIMIT ?`
