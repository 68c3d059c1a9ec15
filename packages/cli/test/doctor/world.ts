/**
 * A machine of its own: a pid namespace, in which nothing runs but what a test plants. `doctor --fix` can end nothing else there,
 * and all of it goes with the namespace.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { childrenOf } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import { commandLine, FROM_SOURCE, type Finished } from '../support/oakum.ts'

/** What is the first process, usually: a shell's `wait` collects the orphans that it takes over. */
const INIT = ['sh', '-c', 'while :; do sleep 1000 & wait; done']

export interface World {
  /** Runs a program to its end. */
  run(...words: string[]): Promise<Finished>
  /** Runs the command from source to its end. */
  oakum(...args: string[]): Promise<Finished>
  /** Runs a fixture program of this folder to its end. */
  program(name: string, ...args: string[]): Promise<Finished>
  /** Whether a process of that pid, inside, is there. */
  lives(pid: number): Promise<boolean>
}

/** @param init The words of the first process. */
export async function createWorld(...init: readonly string[]): Promise<World> {
  const env = { ...process.env, OAKUM_MARKS: undefined, OAKUM_AGENT: undefined, OAKUM_EPOCH: undefined }
  const outside = spawn(
    'unshare',
    ['--fork', '--pid', '--mount-proc', '--kill-child', ...(init.length > 0 ? init : INIT)],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env,
    },
  )
  onTestFinished(async () => {
    const gone = once(outside, 'exit')
    outside.kill('SIGKILL')
    await gone
  })
  const first = await until(() => childrenOf(outside.pid ?? 0)[0], { what: 'the namespace has its first process' })

  const run: World['run'] = async (...words) => {
    const child = spawn('nsenter', ['-t', String(first), '-p', '-m', '--', ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    })
    const said: Finished = { code: null, stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
    const [code]: unknown[] = await once(child, 'close')
    return { ...said, code: typeof code === 'number' ? code : null }
  }
  return {
    run,
    oakum: (...args) => run(...commandLine(args)),
    program: (name, ...args) => run(...programLine(name, ...args)),
    lives: async pid => (await run('kill', '-0', String(pid))).code === 0,
  }
}

/** The words that run a fixture program of this folder. */
export function programLine(name: string, ...args: string[]): string[] {
  const file = fileURLToPath(new URL(`fixtures/${name}.ts`, import.meta.url))
  return [process.execPath, ...FROM_SOURCE, file, ...args]
}
