import type { ProcessExit } from '@oakum/core/scope'
import { formatDuration } from '../output/duration.ts'

/** Why a process is gone. */
export interface Cause {
  readonly code: string
  readonly message: string
  /** Not by its own decision: what it told before does not stand alone then. */
  readonly abrupt: boolean
}

/**
 * Why a process ended, unless it did so by itself and with exit code 0.
 * @param stderr The end of what it wrote there.
 * @param silence For how many milliseconds it had been silent when it was ended for that.
 */
export function causeOf({ code, signal }: ProcessExit, stderr: string, silence: number | undefined): Cause | undefined {
  if (silence !== undefined) {
    const message = `Nothing was heard of it for ${formatDuration(silence)}: it hangs, and its process was ended.`
    return { code: 'SCENARIO_TIMEOUT', message, abrupt: true }
  }
  if (/heap out of memory/.test(stderr)) return died('Its process ran out of memory.')
  if (signal === 'SIGKILL') {
    return died('Its process was ended by SIGKILL; the system does that when memory runs out.')
  }
  if (signal !== null) return died(`Its process was ended by ${signal}.`)
  if (code === 0) return undefined
  const last = stderr.trimEnd().split('\n').at(-1) ?? ''
  const message = `Its process ended with exit code ${code}${last === '' ? '.' : `: ${last}`}`
  return { code: 'PROCESS_DIED', message, abrupt: false }
}

function died(message: string): Cause {
  return { code: 'PROCESS_DIED', message, abrupt: true }
}
