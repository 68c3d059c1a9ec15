import { aborted, OakumError } from '@oakum/core/errors'
import { killMarked } from '@oakum/core/process'
import type { ProcessExit, Scope } from '@oakum/core/scope'
import { plain } from '../output/text.ts'
import type { Alert } from './alert.ts'
import type { Send } from './queue.ts'

/** Milliseconds that the command may take. */
const TIMEOUT = 30_000
/** Milliseconds from SIGTERM to SIGKILL. */
const GRACE = 1_000
/** Of what it says on stderr, so many characters are told when it fails. */
const TOLD = 200

export interface CommandOptions {
  /** Milliseconds that it may take. @default 30_000 */
  timeout?: number
}

/**
 * Runs a shell command for each alert: the alert as JSON on stdin, its parts in `OAKUM_ALERT_…`. The command and all that it
 * starts is over when the call settles, and when this process ends at once, as by a second signal.
 *
 * @param scope Owns the processes.
 */
export function sendByCommand(command: string, scope: Scope, { timeout = TIMEOUT }: CommandOptions = {}): Send {
  return async (alert, signal) => {
    if (signal.aborted) throw aborted(signal)
    const running = scope.spawn('/bin/sh', ['-c', command], {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { ...process.env, ...environmentOf(alert) },
      grace: GRACE,
    })
    const onExit = (): unknown => killMarked([running.mark], [])
    process.once('exit', onExit)
    let why: string | undefined
    const end = (reason: string) => (): void => {
      why ??= reason
      void running.stop()
    }
    const onAbort = end('there was no more time for it')
    const timer = setTimeout(end(`it took longer than ${timeout / 1_000} s`), timeout)
    signal.addEventListener('abort', onAbort)
    let said = ''
    running.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-TOLD)))
    running.stdin?.end(`${JSON.stringify(alert)}\n`)
    const exit = await running.exited
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    try {
      await running.stop()
    } finally {
      process.off('exit', onExit)
    }
    if (why !== undefined || exit.code !== 0) throw notSent(alert, exit, said, why)
  }
}

function notSent(alert: Alert, exit: ProcessExit, said: string, why: string | undefined): OakumError {
  const cause = why ?? (exit.signal === null ? `it exited with ${exit.code}` : `it was ended by ${exit.signal}`)
  const word = plain(said.trim().split('\n').at(-1) ?? '')
  return new OakumError(
    'ALERT_NOT_SENT',
    `The alert command failed for ${alert.alert}: ${cause}${word === '' ? '' : `: ${word}`}`,
    { facts: { alert: alert.id, ...exit } },
  )
}

function environmentOf({ id, alert, severity, time, agent, text }: Alert): NodeJS.ProcessEnv {
  return {
    OAKUM_ALERT: alert,
    OAKUM_ALERT_ID: id,
    OAKUM_ALERT_SEVERITY: severity,
    OAKUM_ALERT_TIME: time,
    OAKUM_ALERT_AGENT: agent ?? '',
    OAKUM_ALERT_TEXT: plain(text),
  }
}
