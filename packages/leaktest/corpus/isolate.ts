import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { CorpusCase } from './index.ts'
import type { CaseResult } from './result.ts'

/** How long one case may take, in milliseconds, before its processes are killed. */
const LIMIT = 60_000
const FLAGS = ['--conditions=@oakum/source', '--disable-warning=ExperimentalWarning', '--expose-gc']

/**
 * Runs a case in a process of its own, by the same Node. Whatever the case started is in its process group, and is killed with it
 * when the case has ended, takes too long, or the signal aborts. Never rejects: what went wrong is in the result.
 */
export async function runIsolated({ name, group, half }: CorpusCase, signal: AbortSignal): Promise<CaseResult> {
  const program = join(import.meta.dirname, 'run-case.ts')
  // A group of its own, so that a leaked process is found.
  const child = spawn(process.execPath, [...FLAGS, program, name, '--json'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT)])
  const kill = (): void => killGroup(child.pid)
  limit.addEventListener('abort', kill)
  // Leaked processes hold the pipes open: they have to go before the output ends.
  child.once('exit', kill)
  try {
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    const line = output.trimEnd().split('\n').at(-1) ?? ''
    if (line.startsWith('{')) return JSON.parse(line)
    const message = limit.aborted ? `It took longer than ${LIMIT} ms.` : `It ended without a word. ${errors.trim()}`
    return { name, group, half, right: false, error: { name: 'Error', message } }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    return { name, group, half, right: false, error: { name: 'Error', message } }
  } finally {
    limit.removeEventListener('abort', kill)
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
