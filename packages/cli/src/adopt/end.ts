/**
 * Ends what Oakum did not start. What an adopted process has started carries no mark: once it is gone nobody finds it, so the
 * signals go to the whole tree while it stands.
 */
import type { AgentRecord, Fleet } from '@oakum/core/fleet'
import {
  endTree,
  identityOf,
  isAlive,
  ProcessTable,
  ProcessTree,
  sameProcess,
  type TreeOptions,
} from '@oakum/core/process'

/** Sends SIGTERM to the tree of an adopted agent, once. */
export async function askAdopted(fleet: Fleet, agent: AgentRecord): Promise<void> {
  const { members } = new ProcessTree(await treeOf(fleet, agent)).look(ProcessTable.read())
  for (const member of members) {
    if (!isAlive(identityOf(member))) continue
    try {
      process.kill(member.pid, 'SIGTERM')
    } catch {
      // It ended just now, or changed its user: whoever waits for the lease to end is told that it did not.
    }
  }
}

/** Ends the tree of an adopted agent now. What refused is told by whoever looks whether it lives. */
export async function killAdopted(fleet: Fleet, agent: AgentRecord): Promise<void> {
  await endTree({ ...(await treeOf(fleet, agent)), grace: 0, zombieWait: 0 })
}

async function treeOf(fleet: Fleet, { process: root }: AgentRecord): Promise<TreeOptions> {
  const kept = await fleet.kept()
  return { root, keep: identity => kept.some(other => sameProcess(other, identity)) }
}
