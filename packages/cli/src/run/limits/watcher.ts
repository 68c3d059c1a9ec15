/**
 * The thread that watches what a tree takes, and ends it when that is too much.
 *
 * It is a thread of its own because the wrapper's may be held up, by a store that somebody keeps locked or by a terminal that
 * reads slowly, for longer than it takes to fill a machine's memory.
 *
 * Invariants:
 * - It says which limit was passed before it ends anything, once.
 * - Whoever passed it is stopped first and then killed, with all that it started; what is kept is spared.
 * - It goes on until it is told to close: what survived and grows again is ended again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { isOakumError } from '@oakum/core/errors'
import { nextTable, type ProcessIdentity, ProcessTree, sameProcess, terminate } from '@oakum/core/process'
import { groupUsage } from './group.ts'
import { freeze } from './freeze.ts'
import type { Exceeded, Limits } from './limits.ts'
import { nextLook } from './pace.ts'
import { memoryOf, type Usage } from './usage.ts'

/** What the thread is given. */
export interface WatcherData {
  mark: string
  limits: Limits
  /** The folder of the control group that the tree runs in, null when it runs in none. */
  group: string | null
}

/** What it is told: what to watch, who must be spared from now on, or to end. */
export type WatcherRequest = { root: ProcessIdentity } | { kept: readonly ProcessIdentity[] } | 'close'

/** What it says: that it is there, and what was passed. */
export type WatcherMessage = 'ready' | Exceeded

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the wrapper alone
const { mark, limits, group } = workerData as WatcherData
const closing = new AbortController()
let kept: readonly ProcessIdentity[] = []
let told = false

parentPort?.on('message', (request: WatcherRequest) => {
  if (request === 'close') {
    closing.abort()
    parentPort?.close()
  } else if ('kept' in request) ({ kept } = request)
  else void watch(request.root)
})
say('ready')

async function watch(root: ProcessIdentity): Promise<void> {
  const tree = new ProcessTree({ root, mark, youngerThan: root, keep: isKept })
  while (!closing.signal.aborted) {
    await sleep(await look(tree), undefined, { signal: closing.signal }).catch(() => {})
  }
}

function isKept(process: ProcessIdentity): boolean {
  return kept.some(other => sameProcess(process, other))
}

/** Looks, acts, and returns how many milliseconds there are until the next look. */
async function look(tree: ProcessTree): Promise<number> {
  const before = performance.now()
  try {
    const usage = await measure(tree)
    const exceeded = compare(usage)
    if (exceeded !== undefined) await end(tree, exceeded)
    return nextLook(usage, limits, performance.now() - before)
  } catch (error) {
    // Descriptors have run out, for one: the next look may have one.
    if (!isOakumError(error, 'PROCESS_UNREADABLE')) throw error
    return nextLook({ memory: 0, processes: 0 }, limits, performance.now() - before)
  }
}

async function measure(tree: ProcessTree): Promise<Usage & { outOfMemory?: boolean }> {
  if (group !== null) return groupUsage(group, new Set(kept.map(({ pid }) => pid)))
  const pids = tree.look(await nextTable()).members.map(({ pid }) => pid)
  return { processes: pids.length, memory: limits.memory === undefined ? 0 : memoryOf(pids, limits.memory) }
}

function compare({ memory, processes, outOfMemory }: Usage & { outOfMemory?: boolean }): Exceeded | undefined {
  if (limits.memory !== undefined && (outOfMemory ?? memory > limits.memory)) {
    return { limit: 'memory', allowed: limits.memory, value: memory }
  }
  if (limits.processes !== undefined && processes > limits.processes) {
    return { limit: 'processes', allowed: limits.processes, value: processes }
  }
  return undefined
}

async function end(tree: ProcessTree, exceeded: Exceeded): Promise<void> {
  if (!told) say(exceeded)
  told = true
  freeze(tree)
  await terminate(tree, { grace: 0, zombieWait: 0 })
}

function say(message: WatcherMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of Node's, no window
  parentPort?.postMessage(message)
}
