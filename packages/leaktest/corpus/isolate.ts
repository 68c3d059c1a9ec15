import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

const FLAGS = ['--conditions=@oakum/source', '--disable-warning=ExperimentalWarning', '--expose-gc']

/** Options of {@link askIsolated}. */
export interface IsolationOptions {
  /** How long the program may take, in milliseconds, before its processes are killed. */
  readonly limit: number
  readonly signal: AbortSignal
  /** Node and its flags. @default this Node, with what the corpus needs */
  readonly node?: readonly string[]
}

/**
 * Runs a program in a process of its own, by the same Node, and resolves to the JSON that is its last line. Whatever it started is
 * in its process group, and is killed with it when it has ended, takes too long, or the signal aborts. Rejects when it does not
 * answer, with what it said instead.
 */
export async function askIsolated(
  program: readonly string[],
  { limit, signal, node = [process.execPath, ...FLAGS] }: IsolationOptions,
): Promise<string> {
  const [executable = process.execPath, ...flags] = node
  // A group of its own, so that a leaked process is found.
  const child = spawn(executable, [...flags, ...program], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const over = AbortSignal.any([signal, AbortSignal.timeout(limit)])
  const kill = (): void => killGroup(child.pid)
  over.addEventListener('abort', kill)
  // Leaked processes hold the pipes open: they have to go before the output ends.
  child.once('exit', kill)
  try {
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    const line = output.trimEnd().split('\n').at(-1) ?? ''
    if (line.startsWith('{')) return line
    throw new Error(over.aborted ? `It took longer than ${limit} ms.` : `It ended without a word. ${errors.trim()}`)
  } finally {
    over.removeEventListener('abort', kill)
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}
