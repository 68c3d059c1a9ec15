import type { SpawnOptions as NodeSpawnOptions } from 'node:child_process'
import type { TerminateOptions } from '../process/index.ts'
import { validateDelay } from './options.ts'

/** Options of `scope.spawn`; those of Node's own have Node's meaning and defaults. */
export interface SpawnOptions extends Pick<
  NodeSpawnOptions,
  'cwd' | 'env' | 'argv0' | 'stdio' | 'serialization' | 'uid' | 'gid' | 'windowsHide' | 'windowsVerbatimArguments'
> {
  /**
   * Milliseconds from the first signal to SIGKILL, when the scope closes or `stop()` is called. The scope's own deadline may
   * shorten it.
   * @default 5_000
   */
  grace?: number
  /**
   * Whether the process leads a group and a session of its own. Without, it shares the terminal, its Ctrl-C included, and its
   * tree is found by marks and parents alone.
   * @default true
   */
  group?: boolean
  /** The first signal of an end. @default 'SIGTERM' */
  killSignal?: NodeJS.Signals
  /**
   * Milliseconds that an ending waits for processes that have ended to be collected by a parent that is not ours; those that
   * are not are named in the report.
   * @default 0 when the scope closes, 2_000 for `stop()`
   */
  zombieWait?: number
}

/** How one process is stopped. */
export interface StopOptions extends Pick<TerminateOptions, 'grace' | 'zombieWait' | 'signal'> {
  /** Milliseconds from the first signal to SIGKILL. @default the one that it was spawned with */
  grace?: number
}

export const DEFAULT_GRACE = 5_000

/** Throws INVALID_OPTION. */
export function validateTimes({ grace, zombieWait }: Pick<SpawnOptions, 'grace' | 'zombieWait'>): void {
  if (grace !== undefined) validateDelay('grace', grace)
  if (zombieWait !== undefined) validateDelay('zombieWait', zombieWait)
}
