import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import { openSqliteFleetStore, type SqliteFleetStoreOptions } from '../../src/fleet/drivers/sqlite/store.ts'
import type { FleetStore } from '../../src/fleet/store.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** A folder that goes with the test. */
export async function useSqliteFolder(): Promise<SqliteFolder> {
  const folder = await SqliteFolder.create()
  onTestFinished(() => folder.remove())
  return folder
}

/** A store in a folder of a test's own, with as many connections as it likes and a clock that stands still. */
export class SqliteFolder {
  readonly clock = new ManualClock()
  readonly directory: string
  readonly #open: { close(): unknown }[] = []

  static async create(): Promise<SqliteFolder> {
    return new SqliteFolder(await mkdtemp(join(tmpdir(), 'oakum-fleet-')))
  }

  private constructor(directory: string) {
    this.directory = directory
  }

  async connect(options: Partial<SqliteFleetStoreOptions> = {}): Promise<FleetStore> {
    const { directory, clock } = this
    const store = await openSqliteFleetStore({ directory, clock, bootId: 'boot-1', pollInterval: 5, ...options })
    this.#open.push(store)
    return store
  }

  /** A connection of nobody's making: for damage, and for a look at what is really there. */
  raw(): DatabaseSync {
    const database = new DatabaseSync(join(this.directory, 'fleet.db'))
    const entry = { close: () => database.isOpen && database.close() }
    this.#open.push(entry)
    return database
  }

  async remove(): Promise<void> {
    for (const connection of this.#open) await connection.close()
    await rm(this.directory, { recursive: true })
  }
}
