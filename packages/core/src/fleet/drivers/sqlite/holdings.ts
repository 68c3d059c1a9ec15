import { OakumError } from '../../../errors/error.ts'
import type { Database } from '../../../sqlite/database.ts'
import { epochNumber } from '../../epoch.ts'
import type { LeaseRef, OwnedResource, ResourceInput } from '../../records.ts'
import { keyRefused } from '../../refusals.ts'
import { decodeData, encodeResource } from '../../resource-input.ts'
import { isLive, LEASE_COLUMNS, type LeaseRow, refOf, requireLive } from './lease-rows.ts'

export function own(database: Database, ref: LeaseRef, resource: ResourceInput, now: number): void {
  const data = encodeResource(resource)
  takeResource(database, requireLive(database, ref).seq, resource, data, now)
}

/** Taking a thing again replaces its data; it keeps its place and the time it was first taken. */
export function takeResource(
  database: Database,
  seq: number,
  { kind, key }: ResourceInput,
  data: string,
  now: number,
): void {
  database.run(
    `INSERT INTO resources (lease, kind, key, data, owned_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (lease, kind, key) DO UPDATE SET data = excluded.data`,
    seq,
    kind,
    key,
    data,
    now,
  )
}

export function disown(database: Database, ref: LeaseRef, kind: string, key: string): boolean {
  const { seq } = requireLive(database, ref)
  return database.run('DELETE FROM resources WHERE lease = ? AND kind = ? AND key = ?', seq, kind, key) > 0
}

/** In the order they were taken. @throws OakumError STORE_CORRUPT when one cannot be read */
export function resources(database: Database, ref: LeaseRef): OwnedResource[] {
  const rows = database.all<{ kind: string; key: string; data: string; owned_at: number; shared: number }>(
    `SELECT mine.kind, mine.key, mine.data, max(0, min(mine.owned_at, ${Number.MAX_SAFE_INTEGER})) AS owned_at, EXISTS (
       SELECT 1 FROM resources AS other JOIN leases AS owner ON owner.seq = other.lease
       WHERE other.kind = mine.kind AND other.key = mine.key AND other.lease <> mine.lease
         AND owner.phase IN ('starting', 'alive', 'draining')
     ) AS shared
     FROM resources AS mine JOIN leases ON leases.seq = mine.lease
     WHERE leases.id = ? AND leases.epoch = ? ORDER BY mine.number`,
    ref.id,
    epochNumber(ref.epoch),
  )
  return rows.map(({ kind, key, data: json, owned_at: ownedAt, shared }) => {
    const data = decodeData(json)
    if (data === null) {
      const facts = { ...ref, kind, key }
      throw new OakumError('STORE_CORRUPT', `What ${ref.id} stored about ${kind} ${key} cannot be read.`, { facts })
    }
    return { kind, key, data, ownedAt, shared: shared === 1 }
  })
}

export function getKey(database: Database, key: string): string | null {
  return database.get<{ value: string }>('SELECT value FROM keys WHERE key = ?', key)?.value ?? null
}

/** A key of a lease that has ended may be taken over at once; one of a live lease is refused. */
export function setKey(database: Database, ref: LeaseRef, key: string, value: string): void {
  const { seq } = requireLive(database, ref)
  const sql = `SELECT ${LEASE_COLUMNS} FROM keys JOIN leases ON leases.seq = keys.lease WHERE keys.key = ?`
  const owner = database.get<LeaseRow>(sql, key)
  if (owner !== undefined && owner.seq !== seq && isLive(owner)) throw keyRefused(key, refOf(owner))
  database.run(
    `INSERT INTO keys (key, value, lease) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, lease = excluded.lease`,
    key,
    value,
    seq,
  )
}

export function deleteKey(database: Database, ref: LeaseRef, key: string): boolean {
  const { seq } = requireLive(database, ref)
  return database.run('DELETE FROM keys WHERE key = ? AND lease = ?', key, seq) > 0
}

/** Re-entrant. A lock of a lease that is being reclaimed stays held until the reclaim is finished. */
export function tryLock(database: Database, ref: LeaseRef, name: string): boolean {
  const { seq } = requireLive(database, ref)
  database.run('INSERT INTO locks (name, lease) VALUES (?, ?) ON CONFLICT (name) DO NOTHING', name, seq)
  return database.get<{ lease: number }>('SELECT lease FROM locks WHERE name = ?', name)?.lease === seq
}

export function unlock(database: Database, ref: LeaseRef, name: string): boolean {
  const { seq } = requireLive(database, ref)
  return database.run('DELETE FROM locks WHERE name = ? AND lease = ?', name, seq) > 0
}
