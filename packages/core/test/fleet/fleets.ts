import { onTestFinished } from 'vitest'
import type { Clock } from '../../src/clock/clock.ts'
import { createMemoryEventLog } from '../../src/events/drivers/memory.ts'
import { createMemoryFleetStore } from '../../src/fleet/drivers/memory/store.ts'
import { openSqliteFleetStore } from '../../src/fleet/drivers/sqlite/store.ts'
import {
  connect,
  type Agent,
  type Coordinator,
  type CoordinatorOptions,
  type Reclaimer,
} from '../../src/fleet/index.ts'
import { Fleet } from '../../src/fleet/fleet.ts'
import { resolveFleetOptions, type FleetOptions } from '../../src/fleet/fleet-options.ts'
import { isOakumError, type ErrorCode } from '../../src/errors/index.ts'
import type { FleetStore } from '../../src/fleet/store.ts'
import { temporaryFolder } from '../support/sqlite.ts'

/** The stores that run without a server. */
export const STORES = ['memory', 'sqlite'] as const
export type StoreName = (typeof STORES)[number]

/** A fresh fleet, closed with the test. */
export async function openFleet(store: StoreName, options: FleetOptions = {}): Promise<Fleet> {
  return openUrl(store === 'memory' ? 'memory:' : `sqlite:${temporaryFolder()}`, options)
}

/** A connection to a store that others may use as well, closed with the test. */
export async function openUrl(url: string, options: FleetOptions = {}): Promise<Fleet> {
  const fleet = await connect(url, options)
  // What a test left in a bad state on purpose must not fail its end.
  onTestFinished(() => fleet.close({ deadline: 2_000 }).catch(() => undefined))
  return fleet
}

/** A fleet whose time is the test's, with its store; both closed with the test. */
export async function openWithClock(driver: StoreName, clock: Clock): Promise<{ store: FleetStore; fleet: Fleet }> {
  const store =
    driver === 'memory'
      ? createMemoryFleetStore({ clock })
      : await openSqliteFleetStore({ directory: temporaryFolder(), clock })
  const fleet = new Fleet(store, createMemoryEventLog({ clock }), resolveFleetOptions({ clock }))
  onTestFinished(() => fleet.close())
  return { store, fleet }
}

/** A coordinator in a hurry. */
export function quickCoordinator(fleet: Fleet, options: CoordinatorOptions = {}): Coordinator {
  return fleet.coordinator({ grace: 0, watchEvery: 50, sweepEvery: 100, retryAfter: 10, ...options })
}

/** A reclaimer that waits to be let go; it notes what it was asked for. */
export function gate(): Reclaimer & { asked: string[]; open: () => void } {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const asked: string[] = []
  return {
    kind: 'thing',
    asked,
    open,
    async reclaim({ key }) {
      asked.push(key)
      await opened
    },
  }
}

/** A real store, of which one method passes through somebody's hands. */
export function intercept<K extends keyof FleetStore>(store: FleetStore, name: K, method: FleetStore[K]): FleetStore {
  return new Proxy(store, {
    get: (target, property) => {
      if (property === name) return method
      const value: unknown = Reflect.get(target, property)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** The code of the error that a call is refused with; undefined when it is not. */
export async function refusal(call: () => Promise<unknown>): Promise<ErrorCode | undefined> {
  try {
    await call()
    return undefined
  } catch (error) {
    if (isOakumError(error)) return error.code
    throw error
  }
}

/** Everything that an agent can write. */
export const WRITES: Readonly<Record<string, (agent: Agent) => Promise<unknown>>> = {
  own: agent => agent.own('key', 'late'),
  setState: agent => agent.setState('late'),
  assertAlive: agent => agent.assertAlive(),
  setKey: agent => agent.setKey('late', 'value'),
  deleteKey: agent => agent.deleteKey('late'),
  lock: agent => agent.lock('late', { timeout: 0 }),
  drain: agent => agent.drain(),
}
