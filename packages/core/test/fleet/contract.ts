import { afterEach, beforeEach, describe } from 'vitest'
import type { FleetStore } from '../../src/fleet/store.ts'
import type { ManualClock } from '../support/manual-clock.ts'
import { claimContract } from './contract-claims.ts'
import { eventContract } from './contract-events.ts'
import { familyContract } from './contract-families.ts'
import { fencingContract } from './contract-fencing.ts'
import { gapContract } from './contract-gaps.ts'
import { holdingContract } from './contract-holdings.ts'
import { hostContract } from './contract-hosts.ts'
import { livenessContract } from './contract-liveness.ts'
import { limitContract } from './contract-limits.ts'
import { quarantineContract } from './contract-quarantine.ts'
import { registrationContract } from './contract-registration.ts'
import { viewContract } from './contract-views.ts'

/** A store under test, with the hands that a test needs on it. */
export interface OpenStore {
  store: FleetStore
  clock: ManualClock
  /** Another connection to the same store; a store without connections gives itself. */
  connect: () => Promise<FleetStore>
  /** How many rows all its tables have together, for a store with tables. */
  rows?: () => number
  close: () => Promise<void>
}

/** What every test of the contract works with; filled anew before each. */
export type Subject = () => OpenStore

/** Every driver of a fleet store passes this. */
export function testFleetStore(name: string, open: () => Promise<OpenStore>): void {
  describe(name, () => {
    let current: OpenStore | undefined
    beforeEach(async () => {
      current = await open()
    })
    afterEach(async () => {
      await current?.close()
    })
    const subject: Subject = () => {
      if (current === undefined) throw new Error('No store is open.')
      return current
    }
    for (const part of [
      registrationContract,
      fencingContract,
      claimContract,
      quarantineContract,
      gapContract,
      hostContract,
      familyContract,
      holdingContract,
      eventContract,
      viewContract,
      limitContract,
      livenessContract,
    ]) {
      part(subject)
    }
  })
}
