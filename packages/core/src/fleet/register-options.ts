import type { ProcessIdentity } from '../process/identity.ts'
import type { Scope } from '../scope/scope.ts'
import type { LeaseRef } from './records.ts'

/** Options of `fleet.register`. */
export interface RegisterOptions {
  /** 1 to 128 characters of `A-Z a-z 0-9 . _ : -`. */
  id: string
  /** The agent whose end ends this one: itself, its id and epoch, or its id alone. */
  parent?: LeaseRef | string
  /** @default the fleet's */
  host?: string
  /** For people, and to find agents by. */
  labels?: Readonly<Record<string, string>>
  /** The user's own word for what the agent does. @default 'idle' */
  state?: string
  /** Directories below which the agent may own directories, worktrees and lock files. They must exist. @default [] */
  roots?: readonly string[]
  /**
   * Milliseconds without `agent.progress()` until the agent counts as stalled: alive, but useless. Told by an event, and judged by
   * `onStalled` of a coordinator. What is heard of progress is as old as the last beat. @default never
   */
  progressTimeout?: number
  /** Whether the process that the agent lives in is ended when the lease is reclaimed. @default false */
  ownsProcess?: boolean
  /** Owned from the first moment on; as with `agent.own`. */
  resources?: readonly { kind: string; ref: unknown }[]
  /** The process that the agent lives in. @default this one */
  process?: ProcessIdentity
  /** The mark that what the agent starts will carry; see `newMark`. @default a new one */
  marker?: string
  /**
   * What the agent runs in: what it spawns is found when the agent dies, what it disowns is kept, and its close releases
   * the agent.
   */
  scope?: Scope
  signal?: AbortSignal
}
