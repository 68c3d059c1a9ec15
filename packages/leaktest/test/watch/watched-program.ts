import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const PROGRAM = fileURLToPath(new URL('fixtures/program.ts', import.meta.url))

/**
 * Starts a program that does something over and over, for a test that watches it. Its inspector, when it is asked for one,
 * takes any port: many programs have the default one.
 */
export async function startProgram(deed: string, ...flags: string[]): Promise<ChildProcess> {
  const execArgv = ['--disable-warning=ExperimentalWarning', '--inspect-port=0', ...flags]
  const child = fork(PROGRAM, [deed], { execArgv, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  await once(child, 'message')
  return child
}

/** Ends it, unless it has ended. */
export async function endProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

export function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('The process did not start.')
  return pid
}
