import type { Fleet } from '@oakum/core/fleet'
import { endTree, type RefusedProcess, type TreeOptions } from '@oakum/core/process'
import { isAmong, wantedProcesses } from './wanted.ts'

/** From SIGTERM to SIGKILL, in milliseconds: nobody waits for these, but they may have something to save. */
const GRACE = 3_000

/**
 * Ends a tree. Resolves to what refused to go, if anything did. Who is spared is asked for again: more may be since it was found.
 */
export async function endProcesses(options: TreeOptions, fleet: Fleet | null): Promise<string | undefined> {
  const { kept, agents } = await wantedProcesses(fleet)
  const { refused } = await endTree({
    ...options,
    keep: identity => isAmong(kept, identity) || isAmong(agents, identity),
    grace: GRACE,
    zombieWait: 0,
  })
  const left = refused.filter(({ why }) => why === 'EPERM' || why === 'uninterruptible' || why === 'survived')
  return left.length === 0 ? undefined : `${left.map(describeRefusal).join(', ')} lives on`
}

function describeRefusal({ identity, why }: RefusedProcess): string {
  if (why === 'EPERM') return `process ${identity.pid}, which belongs to another user,`
  return why === 'uninterruptible' ? `process ${identity.pid}, which waits in the kernel,` : `process ${identity.pid}`
}
