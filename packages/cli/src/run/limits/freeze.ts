import { isAlive, type ProcessIdentity, ProcessTable, type ProcessTree, selfIdentity } from '@oakum/core/process'

/** One look can miss a process whose parent ended while the table was read. */
const EMPTY_LOOKS = 2
/** Milliseconds after which it is enough: what is not stopped by then cannot be. */
const LIMIT = 2_000

/**
 * Stops all processes of a tree, so that it can neither fork nor allocate any more: one that forks faster than it is looked at
 * would never be ended otherwise. Synchronous, since each pause is time to fork in. A stopped process can still be killed.
 */
export function freeze(tree: ProcessTree): void {
  const until = performance.now() + LIMIT
  const { bootId } = selfIdentity()
  const stopped = new Set<string>()
  for (let empty = 0; empty < EMPTY_LOOKS && performance.now() < until;) {
    const { members } = tree.look(ProcessTable.read())
    const fresh = members.filter(({ pid, startTime }) => !stopped.has(`${pid}:${startTime}`))
    for (const { pid, startTime } of fresh) {
      stop({ pid, startTime, bootId })
      stopped.add(`${pid}:${startTime}`)
    }
    empty = fresh.length === 0 ? empty + 1 : 0
  }
}

function stop(identity: ProcessIdentity): void {
  if (!isAlive(identity)) return
  try {
    process.kill(identity.pid, 'SIGSTOP')
  } catch {
    // Gone by now, or another user's: ending it will tell.
  }
}
