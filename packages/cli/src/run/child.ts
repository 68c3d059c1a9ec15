import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import { OakumError } from '@oakum/core/errors'
import { identify, type ProcessIdentity } from '@oakum/core/process'

export interface StartOptions {
  env: NodeJS.ProcessEnv
  /** Leads a process group of its own; otherwise it stays in this process's, which the terminal talks to. */
  ownGroup: boolean
  /** Its stdout and stderr come through this process; otherwise it inherits them. */
  piped: boolean
}

/** A command that runs. Its stdin is always this process's own. */
export interface StartedCommand {
  identity: ProcessIdentity
  /** Null unless piped. */
  stdout: Readable | null
  stderr: Readable | null
  /** Its exit code, or 128 plus the number of the signal that ended it. Never rejects. */
  exited: Promise<number>
}

/** Starts a command. Throws COMMAND_NOT_FOUND, with the system's reason (ENOENT, EACCES, …) among the facts. */
export async function startCommand(
  command: string,
  args: readonly string[],
  { env, ownGroup, piped }: StartOptions,
): Promise<StartedCommand> {
  const output = piped ? 'pipe' : 'inherit'
  const child = spawn(command, args, { env, detached: ownGroup, stdio: ['inherit', output, output] })
  // At once, since an ended child keeps its row only until the event loop collects it.
  const identity = child.pid === undefined ? null : identify(child.pid)
  const exited = new Promise<number>(resolve => {
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
  await once(child, 'spawn').catch((error: unknown) => {
    throw notStarted(command, error)
  })
  if (identity === null) throw notStarted(command, undefined)
  return { identity, stdout: child.stdout, stderr: child.stderr, exited }
}

function notStarted(command: string, cause: unknown): OakumError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'UNKNOWN'
  const message = reason === 'ENOENT' ? `command not found: ${command}` : `cannot execute ${command}: ${reason}`
  return new OakumError('COMMAND_NOT_FOUND', message, { cause, facts: { command, reason } })
}
