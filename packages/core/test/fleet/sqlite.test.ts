import { SqliteFolder } from './sqlite-folder.ts'
import { testFleetStore } from './contract.ts'

testFleetStore('the fleet store in SQLite', async () => {
  const folder = await SqliteFolder.create()
  return {
    store: await folder.connect(),
    clock: folder.clock,
    connect: () => folder.connect(),
    rows: () => {
      const database = folder.raw()
      const tables = ['leases', 'resources', 'keys', 'locks', 'tombstones', 'outbox', 'kept', 'boots', 'counts']
      const count = (table: string): number =>
        Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count'])
      return tables.reduce((sum, table) => sum + count(table), 0)
    },
    close: () => folder.remove(),
  }
})
