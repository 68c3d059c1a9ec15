import { OakumError } from '../../../errors/index.ts'
import { validateDelay } from '../../options.ts'

export const DEFAULT_ACTOR_MAILBOX = 1_000
export const DEFAULT_ACTOR_DRAIN = 30_000
export const DEFAULT_ACTOR_MAX_RESTARTS = 3
export const DEFAULT_ACTOR_RESTART_PERIOD = 5_000

/**
 * What becomes of a message that comes when the mailbox is full.
 * `reject`: `send` throws MAILBOX_FULL.
 * `wait`: `send` waits for room, first come, first served. The bound is then how many senders wait.
 * `drop-oldest`: the message that waits longest goes; `drop-newest`: this one does. `counts.dropped` tells how many.
 */
export type Overflow = 'reject' | 'wait' | 'drop-oldest' | 'drop-newest'

const OVERFLOWS: readonly string[] = ['reject', 'wait', 'drop-oldest', 'drop-newest'] satisfies Overflow[]

/** Options of `Scope.actor`. */
export interface ActorOptions {
  /** For snapshots and reports. @default 'actor' */
  name?: string
  /** So many messages wait at most, beside the one that is being handled. @default 1_000 */
  mailbox?: number
  /**
   * What becomes of a message that finds the mailbox full. Only `reject` bounds what senders hold, also those that do not await
   * `send`, and loses nothing in silence.
   * @default 'reject'
   */
  overflow?: Overflow
  /**
   * Milliseconds in which what is queued is handled when the actor is to end; 0 to 2147483647. When its scope closes, at most
   * nine tenths of the time that it has for joining, which is half of `closeTimeout`.
   * @default 30_000
   */
  drain?: number
  /** So many failures of the handler are got over within `restartPeriod`; with one more the actor has failed. @default 3 */
  maxRestarts?: number
  /** Milliseconds, 0 to 2147483647. @default 5_000 */
  restartPeriod?: number
}

/** Throws INVALID_OPTION. */
export function normalizeActor(options: ActorOptions): Required<ActorOptions> {
  const {
    name = 'actor',
    mailbox = DEFAULT_ACTOR_MAILBOX,
    overflow = 'reject',
    drain = DEFAULT_ACTOR_DRAIN,
    maxRestarts = DEFAULT_ACTOR_MAX_RESTARTS,
    restartPeriod = DEFAULT_ACTOR_RESTART_PERIOD,
  } = options
  validateCount('mailbox', mailbox, 1)
  validateCount('maxRestarts', maxRestarts, 0)
  validateDelay('drain', drain)
  validateDelay('restartPeriod', restartPeriod)
  if (!OVERFLOWS.includes(overflow)) {
    throw new OakumError('INVALID_OPTION', `overflow must be one of ${OVERFLOWS.join(', ')}, not ${overflow}.`)
  }
  return { name, mailbox, overflow, drain, maxRestarts, restartPeriod }
}

function validateCount(option: string, count: number, least: number): void {
  if (Number.isInteger(count) && count >= least) return
  throw new OakumError('INVALID_OPTION', `${option} must be a whole number of at least ${least}, not ${count}.`)
}
