import type { FleetStore } from '../store.ts'
import { containerReclaimer } from './container.ts'
import { directoryReclaimer } from './directory.ts'
import { keyReclaimer } from './key.ts'
import { lockReclaimer } from './lock.ts'
import { processReclaimer } from './process.ts'
import type { Reclaimer } from './reclaimer.ts'
import { tmuxReclaimer } from './tmux.ts'
import { worktreeReclaimer } from './worktree.ts'

/** All reclaimers by kind: Oakum's own, then the user's, who may also replace one. */
export function reclaimersByKind(store: FleetStore, users: readonly Reclaimer[]): ReadonlyMap<string, Reclaimer> {
  const own = [
    processReclaimer(store),
    tmuxReclaimer(store),
    containerReclaimer,
    worktreeReclaimer,
    directoryReclaimer,
    lockReclaimer,
    keyReclaimer,
  ]
  return new Map([...own, ...users].map(reclaimer => [reclaimer.kind, reclaimer]))
}
