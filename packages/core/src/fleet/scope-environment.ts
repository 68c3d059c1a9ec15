import { MARKS_VARIABLE, marksOf } from '../process/marker.ts'
import type { Scope } from '../scope/scope.ts'
import type { Agent } from './agent.ts'
import { AGENT_VARIABLE, agentEnvironment, EPOCH_VARIABLE } from './agent-environment.ts'

/**
 * Has all that the scope spawns carry the mark and the name of an agent, behind the marks that are there. Returns what undoes it. Where
 * the scope, or one around it, carries the mark already, nothing is changed.
 */
export function markScope(scope: Scope, agent: Agent): () => void {
  const mark = marksOf(agent.env).at(-1)
  if (mark === undefined || marksOf(scope.env).includes(mark)) return () => undefined
  scope.env = { ...scope.env, ...agentEnvironment(agent, mark, scope.env) }
  return () => {
    scope.env = without(scope.env, agent, mark)
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
