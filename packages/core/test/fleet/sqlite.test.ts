import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteFleetStore } from '../../src/fleet/drivers/sqlite/store.ts'
import type { FleetStore } from '../../src/fleet/store.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { testFleetStore } from './contract.ts'

testFleetStore('the fleet store in SQLite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'oakum-fleet-'))
  const clock = new ManualClock()
  const stores: FleetStore[] = []
  const connect = async (): Promise<FleetStore> => {
    const store = await openSqliteFleetStore({ directory, clock, bootId: 'boot-1', pollInterval: 5 })
    stores.push(store)
    return store
  }
  const close = async (): Promise<void> => {
    await Promise.all(stores.map(store => store.close()))
    await rm(directory, { recursive: true })
  }
  return { store: await connect(), clock, connect, close }
})
