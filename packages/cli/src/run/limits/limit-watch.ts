/**
 * Holds a run to its limits: the wrapper's side.
 *
 * Memory is bounded by a control group where one can be made, else by watching. Processes are counted by watching. No rlimit is
 * set: RLIMIT_AS and RLIMIT_DATA count what is reserved, and engines of JavaScript, Go and Java reserve far more than they use;
 * RLIMIT_NPROC counts all that a user runs, and does not hold for root.
 *
 * Invariants:
 * - When the watching is outrun, the kernel ends the run before anything else of the machine (`oom_score_adj`).
 * - The thread that watches is there before the command is, so there is no moment without.
 * - After `close()` the thread, the timer and the group are gone.
 */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { ProcessIdentity } from '@oakum/core/process'
import { reportError } from '../../command/errors.ts'
import { openGroup, type Group } from './group.ts'
import type { Exceeded, Limits } from './limits.ts'
import type { WatcherData, WatcherMessage, WatcherRequest } from './watcher.ts'

/** The longest that a timer of Node's can be, milliseconds: above it, it fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1

/** Gets everything ready that these limits need. `mark`: carried by what will be started. */
export async function openLimitWatch(limits: Limits, mark: string): Promise<LimitWatch> {
  const group = openGroup(limits)
  const watched = limits.memory !== undefined || limits.processes !== undefined
  const thread = watched ? startThread({ mark, limits, group: group?.folder ?? null }) : null
  const watch = new LimitWatch(limits, group, thread)
  try {
    if (thread !== null) await once(thread, 'message')
    return watch
  } catch (error) {
    await watch.close()
    throw error
  }
}

export class LimitWatch {
  /** Resolves with the first limit that is passed; never when none is. */
  readonly exceeded: Promise<Exceeded>
  readonly #limits: Limits
  readonly #group: Group | null
  readonly #resolve: (exceeded: Exceeded) => void
  #first: Exceeded | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #thread: Worker | null
  readonly #threadGone: Promise<void>

  /** Made by {@link openLimitWatch}. */
  constructor(limits: Limits, group: Group | null, thread: Worker | null) {
    this.#limits = limits
    this.#group = group
    this.#thread = thread
    const { promise, resolve } = Promise.withResolvers<Exceeded>()
    this.exceeded = promise
    this.#resolve = resolve
    this.#threadGone = new Promise(gone => {
      if (thread === null) return gone()
      thread.once('exit', () => gone())
      thread.on('message', (message: WatcherMessage) => {
        if (message !== 'ready') this.#exceed(message)
      })
      // It ends the thread: whoever set a limit has to know that nobody looks any more.
      thread.once('error', reportError)
    })
  }

  /** Calls what starts the command, which is in the group from its first instruction. It is started when this returns. */
  start<T>(begin: () => T): T {
    if (this.#group === null) return begin()
    this.#group.enter()
    try {
      return begin()
    } finally {
      this.#group.leave()
    }
  }

  /** Watches from now on. */
  watch(root: ProcessIdentity): void {
    const { memory, time } = this.#limits
    this.#tell({ root })
    if (memory !== undefined) volunteer(root)
    if (time !== undefined) this.#wait(performance.now(), time)
  }

  /** Who must be spared from now on. */
  keep(kept: readonly ProcessIdentity[]): void {
    this.#tell({ kept })
  }

  /** Watches no more, and tells which limit was passed first. Idempotent. */
  async close(): Promise<Exceeded | undefined> {
    clearTimeout(this.#timer)
    this.#tell('close')
    await this.#threadGone
    this.#group?.close()
    return this.#first
  }

  #wait(startedAt: number, allowed: number): void {
    const value = performance.now() - startedAt
    if (value >= allowed) return this.#exceed({ limit: 'time', allowed, value: Math.round(value) })
    this.#timer = setTimeout(() => this.#wait(startedAt, allowed), Math.min(Math.ceil(allowed - value), LONGEST_TIMER))
  }

  #tell(request: WatcherRequest): void {
    this.#thread?.postMessage(request)
  }

  #exceed(exceeded: Exceeded): void {
    this.#first ??= exceeded
    this.#resolve(this.#first)
  }
}

function startThread(workerData: WatcherData): Worker {
  return new Worker(fileURLToPath(import.meta.url).replace(/limit-watch(\.[jt]s)$/, 'watcher$1'), { workerData })
}

/** Makes a tree the first that the kernel ends when the whole machine is out of memory. Its children inherit that. */
function volunteer({ pid }: ProcessIdentity): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000')
  } catch {
    // It has ended already, or the system has no such thing.
  }
}
