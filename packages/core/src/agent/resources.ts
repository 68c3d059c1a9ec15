import { isScopeSnapshot, type ResourceSnapshot, type ScopeSnapshot } from '../scope/index.ts'
import { BACK_OFF } from './turn/respond.ts'

/** What a loop holds at one moment. */
export interface LoopResources {
  /** Streams of models. */
  readonly streams: number
  /** Timers, waits before a request is made again included. */
  readonly timers: number
  /** Listeners on signals and emitters, the one on the signal given to `run` included. */
  readonly listeners: number
  /** Process trees. */
  readonly processes: number
  /** Calls of the model that have no result yet. */
  readonly pendingCalls: number
  /** How many runs there have been. */
  readonly generation: number
}

/** Counts what the scope of a loop owns: there is no second book to be kept in step with it. */
export function countResources(scope: ScopeSnapshot, pendingCalls: number, generation: number): LoopResources {
  const counts = { streams: 0, timers: 0, listeners: 0, processes: 0 }
  const count = (resource: ResourceSnapshot): void => {
    if (isScopeSnapshot(resource)) resource.resources.forEach(count)
    else if (resource.kind === 'iteration') counts.streams++
    else if (resource.kind === 'timeout' || resource.kind === 'interval') counts.timers++
    else if (resource.kind === 'listener') counts.listeners++
    else if (resource.kind === 'process') counts.processes++
    else if (resource.kind === 'task' && resource.name === BACK_OFF) counts.timers++
  }
  count(scope)
  return { ...counts, pendingCalls, generation }
}
