/**
 * p-queue raced each task against a promise that only the caller's signal could settle, and left its listener on the signal.
 * https://github.com/sindresorhus/p-queue/pull/235, fixed in 9.0.1.
 */
import type { Fix, Trial } from '../fix.ts'

interface PQueue {
  default: new (options: { concurrency: number }) => {
    add(task: () => Promise<unknown>, options: { signal: AbortSignal }): Promise<unknown>
  }
}

export const fix: Fix = {
  package: 'p-queue',
  leak: 'abort listener and promise per task',
  source: 'https://github.com/sindresorhus/p-queue/pull/235',
}

export function prepare({ default: Queue }: PQueue): Trial {
  const queue = new Queue({ concurrency: 2 })
  const { signal } = new AbortController()
  return { scenario: () => queue.add(async () => 'done', { signal }) }
}
