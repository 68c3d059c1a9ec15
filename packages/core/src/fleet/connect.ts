import { join } from 'node:path'
import { systemClock } from '../clock/clock.ts'
import { throwIfAborted } from '../errors/abort.ts'
import { OakumError } from '../errors/error.ts'
import type { EventLog } from '../events/event-log.ts'
import { parseSqliteUrl } from '../sqlite/location.ts'
import type { StoreAddress } from './beating/store-address.ts'
import { Fleet } from './fleet.ts'
import { resolveFleetOptions, type FleetOptions, type FleetSettings } from './fleet-options.ts'
import { validateId } from './ids.ts'
import type { FleetStore } from './store.ts'

/** What one URL opens: fleet and events lie beside each other. */
interface Drivers {
  store: FleetStore
  events: EventLog
  /** Where another thread finds the store; a private one it cannot find. */
  address?: StoreAddress
}

type Open = (url: string, options: FleetOptions, settings: FleetSettings) => Promise<Drivers>

/** Drivers are loaded when they are asked for, so that nobody pays for another's store. */
const DRIVERS: ReadonlyMap<string, Open> = new Map([
  ['memory:', openMemory],
  ['sqlite:', openSqlite],
])

/**
 * Opens a fleet by its URL: `sqlite:DIR`, a folder that all processes of a machine can share, or `memory:`, a private store
 * for tests and single processes.
 *
 * @throws OakumError STORE_UNKNOWN, STORE_UNREADABLE, STORE_CORRUPT, STORE_NEWER, INVALID_OPTION, INVALID_ID
 */
export async function connect(url: string, options: FleetOptions = {}): Promise<Fleet> {
  throwIfAborted(options.signal)
  const settings = resolveFleetOptions(options)
  if (options.namespace !== undefined && options.namespace !== '') validateNamespace(options.namespace)
  const open = DRIVERS.get(url.slice(0, url.indexOf(':') + 1))
  if (open === undefined) {
    const known = [...DRIVERS.keys()]
    throw new OakumError('STORE_UNKNOWN', `${url} is no store that Oakum knows (${known.join(', ')}).`, {
      facts: { url, known },
    })
  }
  const { store, events, address } = await open(url, options, settings)
  return new Fleet(store, events, settings, address)
}

async function openMemory(_url: string, _options: FleetOptions, { clock, beats }: FleetSettings): Promise<Drivers> {
  if (beats === 'worker') {
    throw new OakumError('INVALID_OPTION', 'A store in memory has no second connection: its beats must be inline.', {
      facts: { beats },
    })
  }
  const { createMemoryFleetStore } = await import('./drivers/memory/store.ts')
  const { createMemoryEventLog } = await import('../events/drivers/memory.ts')
  return { store: createMemoryFleetStore({ clock }), events: createMemoryEventLog({ clock }) }
}

async function openSqlite(url: string, options: FleetOptions, { clock }: FleetSettings): Promise<Drivers> {
  const directory = join(parseSqliteUrl(url).directory, options.namespace ?? '')
  const { openSqliteFleetStore } = await import('./drivers/sqlite/store.ts')
  const { openSqliteEventLog } = await import('../events/drivers/sqlite/log.ts')
  const store = await openSqliteFleetStore({ directory, clock })
  try {
    const events = await openSqliteEventLog({ directory, clock })
    return clock === systemClock ? { store, events, address: { driver: 'sqlite', directory } } : { store, events }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** As for an id; but a namespace is a folder as well, and must not be its own parent. @throws OakumError INVALID_ID */
function validateNamespace(namespace: string): void {
  if (validateId(namespace) !== '.' && namespace !== '..') return
  throw new OakumError('INVALID_ID', `A namespace cannot be ${namespace}: it names a folder.`, { facts: { namespace } })
}
