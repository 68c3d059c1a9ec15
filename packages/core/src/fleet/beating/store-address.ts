import type { FleetStore } from '../store.ts'

/** How another thread opens the store that this one uses. It is passed on as a copy, so it holds plain values only. */
export interface StoreAddress {
  driver: 'sqlite'
  directory: string
}

/** Milliseconds that one try may wait, blocking, for another process's write: the thread must be able to end meanwhile. */
const BUSY_TIMEOUT = 1_000

/** Opens the store once more. Who opens it closes it. @throws OakumError STORE_… */
export async function openStore({ directory }: StoreAddress): Promise<FleetStore> {
  const { openSqliteFleetStore } = await import('../drivers/sqlite/store.ts')
  return openSqliteFleetStore({ directory, busyTimeout: BUSY_TIMEOUT })
}
