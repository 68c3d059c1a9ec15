/**
 * A scope owns what is started in its name, ends all of it, and reports what refused to go.
 * @module
 */
export { Scope, type Release } from './scope.ts'
export {
  DEFAULT_CLOSE_TIMEOUT,
  type ScopeCloseOptions,
  type OnDisown,
  type OnError,
  type ResourceContext,
  type ScopeOptions,
} from './options.ts'
export { ScopeCloseError, type CloseReport, type Refusal } from './report.ts'
export { isScopeSnapshot, type ResourceSnapshot, type ScopeSnapshot } from './snapshot.ts'
export type { OwnedProcess, ProcessExit } from './owned-process.ts'
export type { SpawnOptions, StopOptions } from './spawn-options.ts'
export type { Emitter, ListenOptions } from './resources/listener.ts'
export type { Actor, ActorCounts, ActorStopOptions, SendOptions } from './resources/actor/actor.ts'
export {
  DEFAULT_ACTOR_DRAIN,
  DEFAULT_ACTOR_MAILBOX,
  DEFAULT_ACTOR_MAX_RESTARTS,
  DEFAULT_ACTOR_RESTART_PERIOD,
  type ActorOptions,
  type Overflow,
} from './resources/actor/options.ts'
export {
  DEFAULT_POOL_IDLE,
  DEFAULT_POOL_LIFETIME,
  DEFAULT_POOL_MAX,
  type PoolOptions,
} from './resources/pool/options.ts'
export type { Lease, Pool, PoolCounts } from './resources/pool/pool.ts'
export type { AcquireOptions } from './resources/pool/waiters.ts'
