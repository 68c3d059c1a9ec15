/**
 * Ties an agent to the scope that it runs in.
 *
 * Invariants:
 * - What the scope spawns carries the agent's mark; what it disowns is kept; its close releases the agent.
 * - An agent that ends earlier leaves nothing on the scope: no finalizer, no listener, no variable.
 */
import { isOakumError } from '../errors/error.ts'
import type { Scope } from '../scope/scope.ts'
import type { Agent } from './agent.ts'
import { markScope } from './scope-environment.ts'

export interface ScopeLinkOptions {
  agent: Agent
  scope: Scope
  /** Spares a process from every reclaim. */
  keep: (pid: number) => Promise<void>
}

/** Returns what undoes the link, and leaves the agent as it is. @throws OakumError SCOPE_CLOSED */
export function linkToScope({ agent, scope, keep }: ScopeLinkOptions): () => void {
  const keeping = new Set<Promise<void>>()
  const finalizer = async (): Promise<void> => {
    const kept = await Promise.allSettled(keeping)
    await agent.release()
    for (const result of kept) if (result.status === 'rejected') throw result.reason
  }
  scope.defer(finalizer)
  const unmark = markScope(scope, agent)
  const ignoreDisowned = scope.onDisown((resource, { kind }) => {
    if (kind !== 'process' || !hasPid(resource)) return
    const kept = keep(resource.pid).catch((error: unknown) => {
      if (!isOakumError(error, 'PROCESS_NOT_FOUND')) throw error
    })
    keeping.add(kept)
    // A failure stays, for the finalizer to tell of it.
    kept.then(
      () => keeping.delete(kept),
      () => undefined,
    )
  })
  return () => {
    ignoreDisowned()
    unmark()
    if (!scope.signal.aborted) scope.disown(finalizer)
  }
}

function hasPid(resource: unknown): resource is { pid: number } {
  return typeof resource === 'object' && resource !== null && 'pid' in resource && typeof resource.pid === 'number'
}
