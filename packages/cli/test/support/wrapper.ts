/**
 * `oakum run` in tests: started from source, with a store of its own, and looked at from outside.
 */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect, type AgentRecord } from '@oakum/core/fleet'
import type { OakumEvent } from '@oakum/core/events'
import { onTestFinished } from 'vitest'
import { childrenOf, stat } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import { FROM_SOURCE } from './oakum.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** The words that run `oakum` from source. */
export const OAKUM: readonly string[] = [process.execPath, ...FROM_SOURCE, MAIN]

interface Ended {
  code: number | null
  stdout: Buffer
  stderr: string
}

export interface Wrapper {
  child: ChildProcess
  pid: number
  /** What it printed until now. */
  stdout(): string
  stderr(): string
  ended: Promise<Ended>
}

export interface Runs {
  store: string
  /** Starts `oakum run …`; what is left of the arguments of `run` itself, `--` and the command are given. */
  run(...args: string[]): Wrapper
  /** The same, with a pipe for its stdin, which a test may end. */
  runWithStdin(...args: string[]): Wrapper
  start(options: { args: readonly string[]; stdio?: StdioOptions; env?: NodeJS.ProcessEnv }): Wrapper
  events(type?: string): Promise<OakumEvent[]>
  agents(): Promise<AgentRecord[]>
  lines(): Promise<unknown[]>
}

/** A store for one test, which goes with it. */
export async function useRuns(): Promise<Runs> {
  const folder = await mkdtemp(join(tmpdir(), 'oakum-run-'))
  const store = `sqlite:${join(folder, 'store')}`
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))

  const start: Runs['start'] = ({ args, stdio = ['ignore', 'pipe', 'pipe'], env = {} }) => {
    const [node = '', ...rest] = OAKUM
    const child = spawn(node, [...rest, ...args], { stdio, env: { ...process.env, OAKUM_STORE: store, ...env } })
    return wrap(child)
  }
  const query = async <T>(ask: (fleet: Awaited<ReturnType<typeof connect>>) => Promise<T>): Promise<T> => {
    const fleet = await connect(store)
    try {
      return await ask(fleet)
    } finally {
      await fleet.close()
    }
  }
  const events: Runs['events'] = type =>
    query(fleet => fleet.events.read({ limit: 100_000, ...(type === undefined ? {} : { types: [type] }) }))
  return {
    store,
    start,
    run: (...args) => start({ args: ['run', ...args] }),
    runWithStdin: (...args) => start({ args: ['run', ...args], stdio: ['pipe', 'pipe', 'pipe'] }),
    events,
    agents: () => query(fleet => fleet.agents()),
    lines: async () => (await events('agent.output')).map(({ data }) => data.line),
  }
}

/** The pid of the guardian of a wrapper, once it has one. */
export function guardianOf(wrapper: Wrapper): number | undefined {
  return childrenOf(wrapper.pid).find(pid => commandLine(pid).includes('guardian.sh'))
}

/** Resolves when nothing has that pid any more, not even a zombie. */
export async function gone(pid: number): Promise<void> {
  await until(() => stat(pid) === undefined, { what: `${pid} is gone` })
}

/** A command that leaves children behind in every way there is: in its group, in another session, deaf to SIGHUP. */
export function leaver(token: string, end = 'wait'): string[] {
  return ['sh', '-c', `sleep ${token} & setsid sleep ${token} & nohup sleep ${token} >/dev/null 2>&1 & ${end}`]
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function wrap(child: ChildProcess): Wrapper {
  const stdout: Buffer[] = []
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout: Buffer.concat(stdout), stderr }))
  })
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  })
  if (child.pid === undefined) throw new Error('The wrapper did not start.')
  return { child, pid: child.pid, stdout: () => Buffer.concat(stdout).toString(), stderr: () => stderr, ended }
}
