import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { message, startProgram } from '../support/fixture-program.ts'
import { until } from '../support/until.ts'
import { useSqliteFolder } from './sqlite-folder.ts'

const WORKER = new URL('fixtures/sqlite-worker.ts', import.meta.url)
const KILLS = 20

/** What must hold whenever nobody writes: each query finds what contradicts it. */
const CONTRADICTIONS: Record<string, string> = {
  'a count that is not the number of rows': `
    SELECT name FROM counts WHERE count <> CASE name
      WHEN 'tombstones' THEN (SELECT count(*) FROM tombstones)
      ELSE (SELECT count(*) FROM leases WHERE phase = counts.name) END`,
  'something held by no lease': `
    SELECT lease FROM (SELECT lease FROM resources UNION ALL SELECT lease FROM keys UNION ALL SELECT lease FROM locks)
    WHERE lease NOT IN (SELECT seq FROM leases)`,
  'a lease that is alive and has ended': `
    SELECT id FROM leases JOIN tombstones USING (id, epoch)`,
  'a registration without its event, or with two': `
    SELECT id, epoch FROM (SELECT id, epoch FROM leases UNION ALL SELECT id, epoch FROM tombstones)
    WHERE 1 <> (SELECT count(*) FROM outbox WHERE event ->> 'id' = concat('agent_registered:', id, ':', epoch))`,
  'an end without its event, or with two': `
    SELECT id, epoch FROM tombstones WHERE 1 <> (
      SELECT count(*) FROM outbox WHERE event ->> 'id' = concat(
        iif(reason = 'released', 'agent_stopped', 'cleanup_completed'), ':', id, ':', epoch))`,
}

test(`a process that is killed at any moment leaves whole steps behind, ${KILLS} times`, async () => {
  const folder = await useSqliteFolder()
  const keeper = await folder.connect()
  const database = folder.raw()
  database.exec(`CREATE INDEX outbox_by_id ON outbox (event ->> 'id')`)
  for (let kill = 0; kill < KILLS; kill += 1) {
    const worker = startProgram(WORKER, folder.directory)
    expect(await message(worker)).toBe('ready')
    const before = ended(database)
    await until(() => ended(database) > before)
    // Any moment will do: the sleep decides nothing but where the process is hit.
    await pause(Math.random() * 40)
    worker.kill('SIGKILL')
    await new Promise(resolve => worker.once('exit', resolve))
    for (const [what, sql] of Object.entries(CONTRADICTIONS)) expect(database.prepare(sql).all(), what).toEqual([])
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  }
  await keeper.close()
})

function ended(database: DatabaseSync): number {
  return Number(database.prepare('SELECT count(*) AS count FROM tombstones').get()?.['count'])
}
