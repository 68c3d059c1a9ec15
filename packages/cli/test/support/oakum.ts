import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** What Node needs to run the sources. */
export const FROM_SOURCE: readonly string[] = ['--conditions=@oakum/source', '--disable-warning=ExperimentalWarning']

/** How a command ended, and what it said. */
export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

export interface RunningCommand {
  child: ChildProcess
  /** What it said until now. */
  said: Finished
  done: Promise<Finished>
}

/** How the command is started from source. */
export function commandLine(args: readonly string[]): [command: string, ...args: string[]] {
  return [process.execPath, ...FROM_SOURCE, MAIN, ...args]
}

/** Starts the command from source, on pipes. */
export function startOakum(args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningCommand {
  const [command, ...rest] = commandLine(args)
  const child = spawn(command, rest, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: Finished = { code: null, stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
  const done = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ ...said, code }))
  })
  return { child, said, done }
}

/** Runs the command from source to its end. */
export function oakum(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  return startOakum(args, env).done
}
