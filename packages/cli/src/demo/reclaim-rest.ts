import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet } from '@oakum/core/fleet'

/**
 * For how long a claim of the demo, or of one of its agents, stands when that process was killed, milliseconds. Much shorter
 * than usual: when the demo is killed while it reclaims, its agents have to wait for so long.
 */
export const CLAIM_TTL = 5_000

const LOOK_EVERY = 100

/**
 * Reclaims what the dead agents of a demo held. Waits for whoever is at it already, and goes on where one was killed; nobody
 * comes after.
 *
 * @param root The folder that the agents' directories lie in.
 */
export async function reclaimRest(fleet: Fleet, root: string): Promise<void> {
  const coordinator = fleet.coordinator({ claimTtl: CLAIM_TTL })
  for (;;) {
    await coordinator.sweep()
    const reaping = await fleet.agents({ phases: ['reaping'] })
    if (!reaping.some(({ roots }) => roots.includes(root))) return
    await sleep(LOOK_EVERY)
  }
}
