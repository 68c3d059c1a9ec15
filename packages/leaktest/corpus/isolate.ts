import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** The flags that every program of the corpus needs. */
export const FLAGS: readonly string[] = [
  '--conditions=@oakum/source',
  '--disable-warning=ExperimentalWarning',
  '--expose-gc',
]

/** Options of {@link runProgram}. */
export interface IsolationOptions {
  /** How long the program may take, in milliseconds, before its processes are killed. */
  readonly limit: number
  readonly signal: AbortSignal
  /** Node and its flags. @default this Node, with what the corpus needs */
  readonly node?: readonly string[]
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>
}

/** How a program ended. */
export interface Ended {
  readonly output: string
  readonly errors: string
  /** Its exit code; null when it was killed. */
  readonly code: number | null
}

/**
 * Runs a program in a process of its own, by the same Node, and resolves when it has ended. Whatever it started is in its process
 * group, and is killed with it when it has ended, takes too long, or the signal aborts. Rejects when it could not be started.
 */
export async function runProgram(
  program: readonly string[],
  { limit, signal, env, node = [process.execPath, ...FLAGS] }: IsolationOptions,
): Promise<Ended> {
  const [executable = process.execPath, ...flags] = node
  const child = spawn(executable, [...flags, ...program], {
    // A group of its own, so that a leaked process is found.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const kill = (): void => killGroup(child.pid)
  const limiter = setTimeout(kill, limit)
  signal.addEventListener('abort', kill)
  if (signal.aborted) kill()
  // Leaked processes hold the pipes open: they have to go before the output ends.
  child.once('exit', kill)
  try {
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    return { output, errors, code: child.exitCode }
  } finally {
    clearTimeout(limiter)
    signal.removeEventListener('abort', kill)
  }
}

/** Runs a program likewise and resolves to the JSON that is its last line. Rejects when there is none, with what it said instead. */
export async function askIsolated(program: readonly string[], options: IsolationOptions): Promise<string> {
  const { output, errors, code } = await runProgram(program, options)
  const line = output.trimEnd().split('\n').at(-1) ?? ''
  if (line.startsWith('{')) return line
  throw new Error(
    code === null
      ? `It was killed, after ${options.limit} ms at the latest.`
      : `It ended without a word. ${errors.trim()}`,
  )
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}
