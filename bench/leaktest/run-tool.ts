import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { CorpusCase } from '../../packages/leaktest/corpus/index.ts'
import type { Outcome, Said } from './answer.ts'
import type { Tool } from './tools.ts'

/** How long a tool may take for one case, in milliseconds, before its processes are killed. */
const LIMIT = 120_000
const FLAGS = ['--conditions=@oakum/source', '--disable-warning=ExperimentalWarning', '--expose-gc']

/**
 * Has a tool judge a case, in processes of their own that are killed as a group when it has answered, takes too long, or the signal
 * aborts. Never rejects: what went wrong is the answer `error` with its detail.
 */
export async function runTool(tool: Tool, { name, group }: CorpusCase, signal: AbortSignal): Promise<Outcome> {
  const started = performance.now()
  const said = await ask(tool, name, signal)
  return { tool: tool.name, case: name, group, wall: performance.now() - started, ...said }
}

async function ask(tool: Tool, name: string, signal: AbortSignal): Promise<Said> {
  const child = spawn(process.execPath, [...FLAGS, ...tool.args(name)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT)])
  const kill = (): void => killGroup(child.pid)
  limit.addEventListener('abort', kill)
  // What a case leaves running holds the pipes open: it has to go before the output ends.
  child.once('exit', kill)
  try {
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    const line = output.trimEnd().split('\n').at(-1) ?? ''
    if (line.startsWith('{')) return tool.read(line)
    return { answer: 'error', detail: limit.aborted ? `longer than ${LIMIT} ms` : errors.trim() || 'it ended at once' }
  } catch (error) {
    return { answer: 'error', detail: String(error) }
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
