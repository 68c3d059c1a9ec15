import { sameProcess, selfIdentity, type ProcessIdentity } from './identity.ts'
import { ProcessTable } from './table.ts'
import { ProcessTree } from './tree.ts'

/** One look can miss a process whose parent ended while the table was read. */
const EMPTY_LOOKS = 2
/** Something that forks faster than it can be killed must not keep this process. */
const MOST_LOOKS = 50

/**
 * Kills, without a grace and before it returns, whatever carries one of the marks, and all below it, except what was kept. For a
 * process that ends now, and has no time to wait. Returns how many may live on.
 */
export function killMarked(marks: readonly string[], kept: readonly ProcessIdentity[]): number {
  const trees = marks.map(
    mark =>
      new ProcessTree({
        mark,
        youngerThan: selfIdentity(),
        keep: found => kept.some(other => sameProcess(found, other)),
      }),
  )
  let left = 0
  for (let look = 0, empty = 0; look < MOST_LOOKS && empty < EMPTY_LOOKS; look++) {
    const table = ProcessTable.read()
    const pids = new Set(trees.flatMap(tree => tree.look(table).members.map(member => member.pid)))
    left = pids.size
    empty = left === 0 ? empty + 1 : 0
    for (const pid of pids) kill(pid)
  }
  return left
}

/** One that has just ended, or may not be signalled, is seen by the next look, or counted. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already, or not ours to end.
  }
}
