/**
 * Leases for agents: register, beat, own, release, and reclaim what ended without a good-bye.
 * @module
 */
export { adopted, isAdopted } from './adoption.ts'
export { Agent, type AgentPhase, type LockOptions } from './agent.ts'
export { AGENT_VARIABLE, EPOCH_VARIABLE } from './agent-environment.ts'
export { condition, type Condition } from './condition.ts'
export { connect } from './connect.ts'
export { Coordinator, type CoordinatorOptions, type CoordinatorStopOptions } from './coordinator.ts'
export { Fleet, type CloseOptions } from './fleet.ts'
export type { BeatsMode, FleetOptions } from './fleet-options.ts'
export type { Guard, HoldReason } from './guard.ts'
export { validateId } from './ids.ts'
export { backupStore, type BackupReport } from './maintenance/backup.ts'
export { describeStore, type StoreFileReport, type StoreReport } from './maintenance/describe.ts'
export { resetStore, type ResetOptions, type ResetReport } from './maintenance/reset.ts'
export type { HostMemory } from './memory-watch/host-memory.ts'
export type { AgentGrowth, ClearedWhy, LeakAlert } from './memory-watch/leak-alerts.ts'
export type { AgentMemory, MemorySample } from './memory-watch/memory-sample.ts'
export { MemoryWatch } from './memory-watch/memory-watch.ts'
export type { MemoryWatchOptions } from './memory-watch/memory-watch-options.ts'
export type { MemoryPoint } from './memory-watch/series.ts'
export type { OnStalled, StalledVerdict } from './progress/judge-stalled.ts'
export type { ReclaimContext, Reclaimer, ReclaimOutcome } from './reclaimers/reclaimer.ts'
export type { ReleaseReport } from './reclaim.ts'
export {
  LIVE_PHASES,
  type AgentRecord,
  type Epoch,
  type LeaseRef,
  type OwnedResource,
  type Phase,
  type ReclaimReason,
  type Tombstone,
} from './records.ts'
export type { RegisterOptions } from './register-options.ts'
export type { ContainerRef } from './reclaimers/container.ts'
export type { TmuxRef } from './reclaimers/tmux.ts'
export type { ProcessRef, ResourceRefs, UserResource } from './resource-refs.ts'
export type { CallOptions, FleetCounts, ListOptions, QuarantinedLease } from './store.ts'
export { handleShutdown, type Shutdown, type ShutdownOptions } from './shutdown/handle-shutdown.ts'
export type { ShutdownReport } from './shutdown/report.ts'
export { storeExists } from './store-exists.ts'
export type { HeldAgent, Orphan, SweepOptions, SweepResult } from './sweep.ts'
