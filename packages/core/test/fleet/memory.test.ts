import { createMemoryFleetStore } from '../../src/fleet/drivers/memory/store.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { testFleetStore } from './contract.ts'

testFleetStore('the fleet store in memory', () => {
  const clock = new ManualClock()
  const store = createMemoryFleetStore({ clock })
  return Promise.resolve({ store, clock, connect: () => Promise.resolve(store), close: () => store.close() })
})
