import { spawn, type ChildProcess } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { OakumError } from '../../errors/index.ts'
import { identify, selfIdentity, type ProcessIdentity } from '../../process/index.ts'
import type { SpawnOptions } from '../spawn-options.ts'

/** A child that did start. */
export type StartedChild = ChildProcess & { readonly pid: number }

/** A program that runs, and which process it is. */
export interface StartedProgram {
  child: StartedChild
  identity: ProcessIdentity
}

/**
 * Starts a program. When it does not start, nothing of it is left.
 * Throws COMMAND_NOT_FOUND, PROCESS_NOT_STARTED, or INVALID_OPTION for what Node does not take.
 */
export function startProgram(command: string, args: readonly string[], options: SpawnOptions): StartedProgram {
  const { group = true, grace: _grace, killSignal: _killSignal, zombieWait: _zombieWait, ...native } = options
  let child: ChildProcess
  try {
    // On Windows, which has no groups, `detached` would open a console window.
    child = spawn(command, args, { ...native, detached: group && process.platform !== 'win32' })
  } catch (error) {
    throw refusal(command, options, error)
  }
  if (!hasStarted(child)) {
    abandon(child)
    throw refusal(command, options)
  }
  try {
    return { child, identity: identityOf(child) }
  } catch (error) {
    // Out of file descriptors, say: what cannot be known cannot be owned.
    child.kill('SIGKILL')
    abandon(child)
    throw new OakumError('PROCESS_NOT_STARTED', `${command} could not be looked at.`, {
      cause: error,
      facts: { command },
    })
  }
}

function identityOf({ pid }: StartedChild): ProcessIdentity {
  // On Linux a child that has ended already is a zombie until Node's event loop turns, and still has its identity.
  return identify(pid) ?? { ...selfIdentity(), pid }
}

function abandon(child: ChildProcess): void {
  // Node tells why a program did not start a turn later. The caller is told now; the event still needs a listener.
  child.once('error', () => {})
  // Node leaves `stdio` unset when it could not make the pipes.
  const stdio: ChildProcess['stdio'] | undefined = child.stdio
  for (const stream of stdio ?? []) stream?.destroy()
}

function hasStarted(child: ChildProcess): child is StartedChild {
  return child.pid !== undefined
}

function refusal(command: string, options: SpawnOptions, cause?: unknown): OakumError {
  const facts = { command }
  if (isNodeComplaint(cause)) return new OakumError('INVALID_OPTION', cause.message, { cause, facts })
  const { cwd } = options
  if (cwd !== undefined && !isDirectory(cwd)) {
    return new OakumError('INVALID_OPTION', `cwd is no directory: ${String(cwd)}`, { cause, facts: { command, cwd } })
  }
  if (!isCommand(command, options)) {
    return new OakumError('COMMAND_NOT_FOUND', `${command} does not exist or may not be executed.`, { cause, facts })
  }
  return new OakumError('PROCESS_NOT_STARTED', `The system did not start ${command}.`, { cause, facts })
}

/** Node's own checks of arguments throw errors with such codes; the system's have names of errno. */
function isNodeComplaint(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_')
}

function isDirectory(path: string | URL): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** Whether the system would find a program by that name. A name with a slash is looked for from `cwd`, as the system does. */
function isCommand(command: string, { cwd, env = process.env }: SpawnOptions): boolean {
  if (process.platform === 'win32') return false // the one reason that is usual there
  if (command.includes('/')) return isExecutable(command.startsWith('/') ? command : join(pathOf(cwd), command))
  return (env.PATH ?? '').split(delimiter).some(directory => isExecutable(join(directory || '.', command)))
}

function pathOf(cwd: string | URL | undefined): string {
  if (cwd === undefined) return process.cwd()
  return typeof cwd === 'string' ? cwd : cwd.pathname
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
