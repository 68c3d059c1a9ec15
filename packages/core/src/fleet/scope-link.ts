/**
 * Ties an agent to the scope that it runs in.
 *
 * Invariants:
 * - What the scope spawns carries the agent's mark; what it disowns is kept; its close releases the agent.
 * - An agent that ends earlier leaves nothing on the scope: no finalizer, no listener, no variable.
 */
import { isOakumError } from '../errors/error.ts'
import { MARKS_VARIABLE, marksOf } from '../process/marker.ts'
import type { Scope } from '../scope/scope.ts'
import type { Agent } from './agent.ts'
import { AGENT_VARIABLE, EPOCH_VARIABLE } from './agent-environment.ts'

export interface ScopeLinkOptions {
  agent: Agent
  scope: Scope
  mark: string
  /** Spares a process from every reclaim. */
  keep: (pid: number) => Promise<void>
}

/** Returns what undoes the link, and leaves the agent as it is. @throws OakumError SCOPE_CLOSED */
export function linkToScope({ agent, scope, mark, keep }: ScopeLinkOptions): () => void {
  const keeping = new Set<Promise<void>>()
  const finalizer = async (): Promise<void> => {
    const kept = await Promise.allSettled(keeping)
    await agent.release()
    for (const result of kept) if (result.status === 'rejected') throw result.reason
  }
  scope.defer(finalizer)
  scope.env = { ...scope.env, ...agent.env }
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
    scope.env = without(scope.env, agent, mark)
    if (!scope.signal.aborted) scope.disown(finalizer)
  }
}

/** Other agents may have come and gone in the same scope since, in any order. */
function without(env: Readonly<Record<string, string>>, agent: Agent, mark: string): Readonly<Record<string, string>> {
  const { [MARKS_VARIABLE]: _marks, [AGENT_VARIABLE]: id, [EPOCH_VARIABLE]: epoch, ...rest } = env
  const marks = marksOf(env).filter(other => other !== mark)
  const named = id !== undefined && epoch !== undefined && !(id === agent.id && epoch === agent.epoch)
  return {
    ...rest,
    ...(marks.length > 0 ? { [MARKS_VARIABLE]: marks.join(':') } : {}),
    ...(named ? { [AGENT_VARIABLE]: id, [EPOCH_VARIABLE]: epoch } : {}),
  }
}

function hasPid(resource: unknown): resource is { pid: number } {
  return typeof resource === 'object' && resource !== null && 'pid' in resource && typeof resource.pid === 'number'
}
