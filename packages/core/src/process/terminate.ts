/**
 * Ends a tree of processes, and returns when it is gone.
 *
 * All members get SIGTERM, and SIGCONT where they are stopped, since a stopped process cannot act on SIGTERM; after the grace
 * all that are left get SIGKILL. Members fork meanwhile, so each round looks anew, until two looks in a row find nobody; more,
 * where a member was gone before its signal. What a member starts after its SIGTERM gets none while that member lives: it may be
 * part of its clean-up.
 *
 * Invariants:
 * - Right before each signal the pid is checked to be the same process still.
 * - The call ends by its deadline, and names what is left. Everybody got SIGTERM and SIGKILL then, also when this process was
 *   itself kept from running.
 * - A zombie counts as gone. One that nobody collects within `zombieWait` is named.
 * - Nothing outlives the call: no timer, no listener, no descriptor.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { aborted, throwIfAborted } from '../errors/abort.ts'
import { isOakumError } from '../errors/error.ts'
import { EndTimes } from './end-times.ts'
import { Ending, type EndReport } from './ending.ts'
import { isZombie } from './identity.ts'
import type { TreeOptions } from './tree.ts'
import { ProcessTree } from './tree.ts'

export type { EndReport, ProcessNote, RefusedProcess, RefusedWhy } from './ending.ts'

/** How a tree is ended. Times in milliseconds. */
export interface TerminateOptions {
  /** From the first signal to SIGKILL. With 0, SIGKILL is the first. @default 5_000 */
  grace?: number
  /** When the call gives up on what is left, from its start. A short one shortens the grace. @default grace + 5_000 */
  deadline?: number
  /**
   * How long members that have ended may wait to be collected by a parent that is not ours, before they are named. With 0 the
   * call returns as soon as nothing lives. Bounded by the deadline. @default 2_000
   */
  zombieWait?: number
  /** The first signal. @default 'SIGTERM' */
  killSignal?: NodeJS.Signals
  /** Ends the call with ABORTED; nothing more is signalled then. */
  signal?: AbortSignal
}

const ZOMBIE_WAIT = 2_000
const FIRST_POLL = 5
const SLOWEST_POLL = 50
/** Between two looks at the whole table, before and after SIGKILL; longer where a look is expensive, up to a limit. */
const LOOK_EVERY = 100
const FORCED_LOOK_EVERY = 10
const RAREST_LOOK = 1_000

/** Ends the tree that the options describe. */
export function endTree(options: TreeOptions & TerminateOptions): Promise<EndReport> {
  return terminate(new ProcessTree(options), options)
}

/** Ends a tree that was followed already, with all that it remembers. The times may be brought forward while it is ended. */
export async function terminate(
  tree: ProcessTree,
  options: TerminateOptions = {},
  times: EndTimes = new EndTimes(options.grace, options.deadline),
): Promise<EndReport> {
  const { zombieWait = ZOMBIE_WAIT, killSignal = 'SIGTERM', signal } = options
  throwIfAborted(signal)
  const started = performance.now()
  const ending = new Ending(tree, killSignal)

  for (let over = false; !over;) {
    try {
      const force = times.grace <= 0
      const { cost } = await ending.look(signal)
      over = ending.isGone || !ending.send(force) || (force && times.deadline <= 0)
      const rest = after(Math.max(force ? FORCED_LOOK_EVERY : LOOK_EVERY, Math.min(cost * 10, RAREST_LOOK)))
      const left = (): number => Math.min(rest(), force ? times.deadline : times.grace)
      if (!over) await poll(() => ending.anyLives(), left, signal)
    } catch (error) {
      // What cannot be read, for want of file descriptors say, is neither alive nor gone: it is looked at again.
      if (!isOakumError(error, 'PROCESS_UNREADABLE') || times.deadline <= 0) throw error
      await poll(() => true, after(SLOWEST_POLL), signal)
    }
  }

  const zombies = ending.zombies()
  const rest = after(zombieWait)
  await poll(
    () => zombies.some(isZombie),
    () => Math.min(rest(), times.deadline),
    signal,
  )
  return { ...ending.report(), milliseconds: Math.round(performance.now() - started) }
}

/** Milliseconds left of a time that starts now. */
function after(milliseconds: number): () => number {
  const end = performance.now() + milliseconds
  return () => end - performance.now()
}

/** Waits while something holds and milliseconds are left. */
async function poll(holds: () => boolean, left: () => number, signal: AbortSignal | undefined): Promise<void> {
  for (let wait = FIRST_POLL; left() > 0 && holds(); wait = Math.min(wait * 1.5, SLOWEST_POLL)) {
    await pause(Math.max(1, Math.min(wait, left())), undefined, { signal }).catch((error: unknown) => {
      throw signal?.aborted ? aborted(signal) : error
    })
  }
}
