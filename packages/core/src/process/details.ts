/**
 * What a process is, and what it has open. Fresh and synchronous.
 */
import { find, type ProcessIdentity } from './identity.ts'
import { platform } from './platform/platform.ts'
import type { ProcessDetails, ProcessUsage } from './platform/process-info.ts'

/** Null when this very process is gone, or may not be read. */
export function detailsOf(identity: ProcessIdentity): ProcessDetails | null {
  return readOf(identity, pid => platform.details(pid))
}

/** Null when this very process is gone, or where the system tells neither. */
export function usageOf(identity: ProcessIdentity): ProcessUsage | null {
  return readOf(identity, pid => platform.usage(pid))
}

/** Whether this very process waits for connections of others; null when it is gone, or where that is not told. */
export function isListening(identity: ProcessIdentity): boolean | null {
  return readOf(identity, pid => platform.listens(pid))
}

/** A variable of the environment that the process was started with; null when it has none, or that may not be read. */
export function variableOf(identity: ProcessIdentity, name: string): string | null {
  const environment = readOf(identity, pid => platform.environment(pid))
  const start = `${name}=`
  const assignment = environment?.split('\0').find(line => line.startsWith(start))
  return assignment?.slice(start.length) ?? null
}

/** Looks who has the pid when all was read: before, it might still have become another's while it was. */
function readOf<T>(identity: ProcessIdentity, read: (pid: number) => T | null): T | null {
  const found = read(identity.pid)
  return find(identity) === null ? null : found
}
