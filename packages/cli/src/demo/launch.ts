import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { aborted, OakumError } from '@oakum/core/errors'
import { withMark } from '@oakum/core/process'
import { END, isAgentReport, type AgentReport } from './report.ts'

const STDERR_KEPT = 2_000

export interface LaunchOptions {
  id: string
  /** URL of the store. */
  store: string
  /** The folder that the agent's directory lies in. */
  root: string
  /** Carried in the environment by all that comes of the agent. */
  mark: string
  /** Ends the waiting for `ready`, not the agent. */
  signal: AbortSignal
}

/** A process of the demo. It ends by itself when this process does: the channel between them closes. */
export interface LaunchedAgent {
  readonly pid: number | undefined
  /** What it holds, as soon as it holds it. Rejects when it ends before. */
  readonly ready: Promise<AgentReport>
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>
  /** Asks it to release everything and end. */
  end(): void
  kill(): void
}

/**
 * Starts an agent in a session of its own, as a daemon or another terminal would have it: a Ctrl-C in the terminal of the
 * demo reaches the demo alone.
 */
export function launchAgent({ id, store, root, mark, signal }: LaunchOptions): LaunchedAgent {
  const child = fork(agentFile(), [id, store, root, String(process.pid)], {
    detached: true,
    env: withMark(process.env, mark),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-STDERR_KEPT)))

  const ended = new Promise<void>(resolve => void child.once('close', () => resolve()).once('error', () => resolve()))
  const ready = new Promise<AgentReport>((resolve, reject) => {
    const onAbort = (): void => reject(aborted(signal))
    const failed = (cause?: unknown): void => reject(neverReady(id, stderr, cause))
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    child.once('message', message => (isAgentReport(message) ? resolve(message) : failed()))
    const onClose = (): void => {
      signal.removeEventListener('abort', onAbort)
      failed()
    }
    child.once('close', onClose).once('error', onClose)
  })
  ready.catch(() => {}) // Whoever stops the demo before this is awaited knows why.

  return {
    pid: child.pid,
    ready,
    ended,
    end: () => void (child.connected && child.send(END, () => {})), // one that ended meanwhile needs no message
    kill: () => void child.kill('SIGKILL'),
  }
}

/** The agent's program beside this file: `.js` in the built package, `.ts` when run from source. */
function agentFile(): string {
  return fileURLToPath(import.meta.url).replace(/launch(\.[jt]s)$/, 'agent$1')
}

function neverReady(id: string, stderr: string, cause: unknown): OakumError {
  const said = stderr.trim()
  return new OakumError('TIMEOUT', `${id} ended before it was ready${said === '' ? '' : `: ${said}`}.`, { cause })
}
