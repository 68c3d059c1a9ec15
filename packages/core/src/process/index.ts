/**
 * Processes: which one a pid means, which belong to a tree, and how a whole tree is ended.
 *
 * Linux first, by /proc; macOS by `ps` and Windows by PowerShell are untested. See `docs/processes.md` for what is not covered.
 * @module
 */
export {
  identify,
  identityOf,
  isAlive,
  isLocal,
  isZombie,
  sameProcess,
  selfIdentity,
  startedBefore,
  type ProcessIdentity,
} from './identity.ts'
export { createEchoFilter, ECHO, type EchoFilter } from './echo.ts'
export { killMarked } from './kill-marked.ts'
export { MARKS_VARIABLE, marksOf, newMark, ownerOf, withMark } from './marker.ts'
export { detailsOf, isListening, usageOf, variableOf } from './details.ts'
export { readMemory, type ReadMemoryOptions } from './memory.ts'
export type { ProcessDetails, ProcessInfo, ProcessState, ProcessUsage } from './platform/process-info.ts'
export type { ProcessMemory } from './platform/process-memory.ts'
export { followTable } from './follow.ts'
export { ProcessTable, nextTable } from './table.ts'
export { ProcessTree, type SparedWhy, type TreeLook, type TreeOptions } from './tree.ts'
export { EndTimes } from './end-times.ts'
export {
  endTree,
  terminate,
  type EndReport,
  type ProcessNote,
  type RefusedProcess,
  type RefusedWhy,
  type TerminateOptions,
} from './terminate.ts'
