/**
 * Process trees: by their root, or by the mark that everything started by an agent carries.
 *
 * Invariants:
 * - A process is its pid, start time and boot. A reused pid or another boot counts as gone; what runs in another pid namespace
 *   of this boot is left alone, and said so.
 * - What is found by mark, group or parent and started before its root, or before the agent's process, is left alone.
 * - What was kept, and everything below it, is left alone.
 * - This process and its ancestors are left alone: an agent that releases does not end itself.
 */
import { basename } from 'node:path'
import { OakumError } from '../../errors/error.ts'
import { endTree, type RefusedProcess } from '../../process/terminate.ts'
import {
  identify,
  isElsewhere,
  isLocal,
  sameProcess,
  selfIdentity,
  type ProcessIdentity,
} from '../../process/identity.ts'
import type { OwnedResource, ResourceInput } from '../records.ts'
import type { FleetStore } from '../store.ts'
import type { ReclaimContext, Reclaimer, ReclaimOutcome } from './reclaimer.ts'

/** From SIGTERM to SIGKILL, in milliseconds. Short: whoever would have waited for these processes is gone. */
const GRACE = 1_000

/** @throws OakumError PROCESS_NOT_FOUND, INVALID_OPTION */
export function describeProcess(ref: unknown): ResourceInput {
  const identity = identityOf(ref)
  const { pid, startTime, bootId } = identity
  return { kind: 'process', key: `${pid}:${startTime}:${bootId}`, data: { pid, startTime, bootId } }
}

/** Everything that will be started with a mark; owned before the first of it is. */
export function describeMark(mark: string): ResourceInput {
  return { kind: 'process', key: `mark:${mark}`, data: { mark } }
}

/** @param store Asked at each reclaim for what is kept. */
export function processReclaimer(store: FleetStore): Reclaimer {
  return { kind: 'process', reclaim: (resource, context) => reclaimProcess(resource, context, store) }
}

async function reclaimProcess(
  resource: OwnedResource,
  { agent, signal }: ReclaimContext,
  store: FleetStore,
): Promise<ReclaimOutcome> {
  const target = readTarget(resource)
  const where = target.root ?? agent.process
  if (isElsewhere(where)) return { kept: 'it runs in another pid namespace' }
  if (!isLocal(where)) return 'gone'
  if (target.root !== undefined && sameProcess(target.root, selfIdentity())) {
    // Its own good-bye: nothing to report.
    return agent.reason === 'released' ? 'gone' : { kept: 'it is the process that reclaims' }
  }
  const kept = await store.kept(selfIdentity().bootId, { signal })
  const { ended, refused } = await endTree({
    ...target,
    // A root that was owned by name may be older than the agent; what merely hangs together with it may not.
    youngerThan: target.root ?? agent.process,
    keep: process => kept.some(other => sameProcess(process, other)),
    grace: GRACE,
    zombieWait: 0,
    signal,
  })
  const left = refused.filter(({ why }) => !isSpared(why))
  if (left.length > 0) {
    throw new OakumError('RESOURCE_REFUSED', `Processes live on: ${left.map(describeRefusal).join(', ')}.`, {
      facts: { pids: left.map(({ identity }) => identity.pid) },
    })
  }
  if (ended > 0) return 'released'
  return refused.length > 0 ? { kept: refused.map(describeRefusal).join(', ') } : 'gone'
}

function isSpared(why: RefusedProcess['why']): boolean {
  return why === 'kept' || why === 'below kept' || why === 'older' || why === 'own'
}

/** Without the arguments, which may hold secrets: this text is stored. */
function describeRefusal({ identity, command, why }: RefusedProcess): string {
  return `${identity.pid} (${basename(command.split(' ', 1)[0] ?? '')}): ${why}`
}

function readTarget({ key, data }: OwnedResource): { root?: ProcessIdentity; mark?: string } {
  const { mark, pid, startTime, bootId } = data
  if (typeof mark === 'string') return { mark }
  if (typeof pid === 'number' && typeof startTime === 'string' && typeof bootId === 'string') {
    return { root: { pid, startTime, bootId } }
  }
  throw new OakumError('RESOURCE_REFUSED', `The record of process ${key} does not say which process it is.`, {
    facts: { key },
  })
}

function identityOf(ref: unknown): ProcessIdentity {
  if (isIdentity(ref)) return ref
  const pid: unknown = typeof ref === 'object' && ref !== null && 'pid' in ref ? ref.pid : ref
  if (typeof pid !== 'number' && pid !== undefined) {
    throw new OakumError('INVALID_OPTION', 'A process is given by its pid, its identity or what started it.')
  }
  const identity = pid === undefined || hasEnded(ref) ? null : identify(pid)
  if (identity === null) {
    throw new OakumError('PROCESS_NOT_FOUND', `No process has the pid ${pid}.`, { facts: { pid } })
  }
  return identity
}

/** A ChildProcess keeps its pid when it has ended, and the pid may be somebody else's by then. */
function hasEnded(ref: unknown): boolean {
  if (typeof ref !== 'object' || ref === null) return false
  const { exitCode = null, signalCode = null }: { exitCode?: unknown; signalCode?: unknown } = ref
  return exitCode !== null || signalCode !== null
}

function isIdentity(ref: unknown): ref is ProcessIdentity {
  return typeof ref === 'object' && ref !== null && 'pid' in ref && 'startTime' in ref && 'bootId' in ref
}
