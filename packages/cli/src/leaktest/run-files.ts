import type { Scope } from '@oakum/core/scope'
import type { Job } from './messages.ts'
import { runFile, type FileRun } from './run-file.ts'

export interface FilesRun extends FileRun {
  /** How many processes run at the same time at most. */
  readonly parallel: number
  readonly onFileEnd: () => void
}

/** Runs files in their order. When the signal aborts, no further one is begun. */
export async function runFiles(scope: Scope, jobs: readonly Job[], run: FilesRun): Promise<void> {
  const waiting = [...jobs]
  async function work(): Promise<void> {
    for (let job = waiting.shift(); job !== undefined && !run.signal.aborted; job = waiting.shift()) {
      await runFile(scope, job, run)
      run.onFileEnd()
    }
  }
  await Promise.all(Array.from({ length: Math.min(run.parallel, jobs.length) }, work))
}
