/**
 * A program and its server, each in a process of its own. The program speaks with the process that forked it:
 *
 *     { ask: 'counts' }                    is answered with the server's counts
 *     { figures: … }                       ends it well
 *
 * Both are ended with the row, however it ended.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ModelServerCounts } from '../../packages/core/test/agent/model-server/server.ts'

/** How Node runs the programs, against the sources. */
const FLAGS = ['--conditions=@oakum/source', '--disable-warning=ExperimentalWarning', '--expose-gc']

/** What a program found, by name. */
export type Figures = Readonly<Record<string, number>>

/** Options of {@link runProgram}. */
export interface RunOptions {
  /** How long it may take, in milliseconds. */
  readonly limit: number
  readonly signal: AbortSignal
}

/**
 * Runs a program against a server, both new, with its arguments as JSON. Resolves to what it found; rejects when it ends without, takes
 * too long, or the signal aborts.
 */
export async function runProgram(name: string, task: object, { limit, signal }: RunOptions): Promise<Figures> {
  const server = start('server')
  try {
    const [origin] = await once(server, 'message', { signal })
    const program = start(name, JSON.stringify({ ...task, origin }))
    try {
      return await figuresOf(program, server, AbortSignal.any([signal, AbortSignal.timeout(limit)]))
    } finally {
      await end(program)
    }
  } finally {
    await end(server)
  }
}

function start(name: string, ...parameters: string[]): ChildProcess {
  const file = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))
  return fork(file, parameters, { execArgv: FLAGS, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
}

async function figuresOf(program: ChildProcess, server: ChildProcess, signal: AbortSignal): Promise<Figures> {
  const { promise, resolve, reject } = Promise.withResolvers<Figures>()
  let errors = ''
  program.stderr?.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-2_000)))
  server.stderr?.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-2_000)))
  const abort = (): void => reject(signal.reason)
  program.on('message', (message: { readonly ask: 'counts' } | { readonly figures: Figures }) => {
    if ('figures' in message) resolve(message.figures)
    else server.send(message)
  })
  server.on('message', (counts: ModelServerCounts) => void (program.connected && program.send(counts)))
  program.once('close', code => reject(new Error(`it ended with ${code}. ${errors.trim()}`)))
  server.once('close', code => reject(new Error(`the server ended with ${code}. ${errors.trim()}`)))
  signal.addEventListener('abort', abort)
  try {
    signal.throwIfAborted()
    return await promise
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
