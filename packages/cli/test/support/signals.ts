import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'

/**
 * Sends signals to a process that cannot see them until the last has come: for it they come together, however slow this
 * process is. They have to differ, since the system keeps one of each.
 */
export function sendTogether(child: ChildProcess, ...signals: readonly NodeJS.Signals[]): void {
  child.kill('SIGSTOP')
  for (const signal of signals) child.kill(signal)
  child.kill('SIGCONT')
}

/** Sends a signal again and again until the process has ended. Resolves to its exit code, as a shell has it. */
export async function sendUntilEnded(child: ChildProcess, signal: NodeJS.Signals): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const settle = (): void => {
    if (child.exitCode !== null) resolve(child.exitCode)
    else if (child.signalCode !== null) resolve(128 + constants.signals[child.signalCode])
  }
  child.once('exit', settle)
  const again = setInterval(() => child.kill(signal), 25)
  settle()
  return promise.finally(() => clearInterval(again))
}
