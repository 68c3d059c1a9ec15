/**
 * A program and its server, each in a process of its own. The program speaks with the process that forked it:
 *
 *     { ask: 'counts' }                    is answered with the server's counts
 *     { done: 0.5 }                        tells how far it is
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
  /** More flags for Node. @default none */
  readonly flags?: readonly string[]
  /** Told how far the program is, from 0 to 1. */
  readonly onProgress: (done: number) => void
}

/** What a program sends. */
export type Message = { readonly ask: 'counts' } | { readonly done: number } | { readonly figures: Figures }

/**
 * Runs a program against a server, both new, with its arguments as JSON. Resolves to what it found; rejects when one of them ends without,
 * when it takes too long, or the signal aborts.
 */
export async function runProgram(name: string, task: object, options: RunOptions): Promise<Figures> {
  const { limit, signal, flags = [], onProgress } = options
  const { promise, resolve, reject } = Promise.withResolvers<Figures>()
  const server = start('server', [])
  const children = [server]
  const abort = (): void => reject(signal.reason)
  const limiter = setTimeout(() => reject(new Error(`it takes more than ${limit} ms`)), limit)
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  onEnd(server, text => reject(new Error(`the server ${text}`)))
  server.once('message', (origin: string) => {
    const program = start(name, flags, JSON.stringify({ ...task, origin }))
    children.push(program)
    onEnd(program, text => reject(new Error(`it ${text}`)))
    program.on('message', (message: Message) => {
      if ('figures' in message) resolve(message.figures)
      else if ('done' in message) onProgress(message.done)
      else server.send(message)
    })
    server.on('message', (counts: ModelServerCounts) => void (program.connected && program.send(counts)))
  })
  try {
    return await promise
  } finally {
    clearTimeout(limiter)
    signal.removeEventListener('abort', abort)
    await Promise.all(children.map(end))
  }
}

function start(name: string, flags: readonly string[], ...parameters: string[]): ChildProcess {
  const file = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))
  return fork(file, parameters, { execArgv: [...FLAGS, ...flags], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
}

/** Says how a process ended, with the end of what it said. */
function onEnd(child: ChildProcess, tell: (text: string) => void): void {
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-2_000)))
  child.once('close', code => tell(`ended with ${code}. ${errors.trim()}`))
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
