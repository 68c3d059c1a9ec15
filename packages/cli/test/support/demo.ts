import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newMark, ProcessTable, withMark } from '@oakum/core/process'
import { onTestFinished } from 'vitest'
import { startOakum, type RunningCommand } from './oakum.ts'

/** A demo whose every process can be found, and whose every file lies in one folder. */
export interface DemoRun extends RunningCommand {
  /** Pids of what is left of it, the command itself included. */
  processes: () => number[]
  /** Files that it left. */
  files: () => Promise<string[]>
  /** The folder that it made. */
  folder: () => Promise<string>
}

export async function startDemo(...args: string[]): Promise<DemoRun> {
  const around = await mkdtemp(join(tmpdir(), 'oakum-cli-'))
  const mark = newMark()
  const processes = (): number[] =>
    ProcessTable.read()
      .carriersOf(mark)
      .map(row => row.pid)
  onTestFinished(async () => {
    for (const pid of processes()) process.kill(pid, 'SIGKILL')
    await rm(around, { recursive: true, force: true, maxRetries: 10 })
  })
  const running = startOakum(['up', '--demo', ...args], withMark({ TMPDIR: around }, mark))
  return {
    ...running,
    processes,
    files: () => readdir(around, { recursive: true }),
    folder: async () => join(around, (await readdir(around))[0] ?? ''),
  }
}
