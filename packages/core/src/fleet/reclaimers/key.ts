import type { Reclaimer } from './reclaimer.ts'

/** Keys live in the store, which removes them in the same step that ends the lease. */
export const keyReclaimer: Reclaimer = { kind: 'key', reclaim: async () => 'released' }
