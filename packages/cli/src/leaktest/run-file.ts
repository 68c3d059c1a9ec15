/**
 * One file, in a process of its own.
 *
 * - Every scenario that the process names has exactly one outcome, whatever becomes of the process.
 * - A process that says nothing for too long is ended: it is blocked, or hangs outside of a leak test. So is whatever a process leaves running when it ends.
 */
import { finished } from 'node:stream/promises'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { OwnedProcess, Scope } from '@oakum/core/scope'
import type { Progress, TestOutcome } from '@oakum/leaktest'
import { causeOf } from './cause.ts'
import { Ledger } from './ledger.ts'
import { MESSAGES_FD, type Job, type Message } from './messages.ts'

/** Milliseconds that an ended process has until its tree gets SIGKILL. */
const GRACE = 2_000
/** What was written before the end is read within this time, unless somebody else holds the pipe. */
const LAST_WORDS = 10_000
const STDERR_KEPT = 4_000

export interface FileRun {
  /** Milliseconds without a word from the process after which it counts as hung. */
  readonly silence: number
  /** The run was broken off: what is not there by then is owed by nobody. */
  readonly signal: AbortSignal
  readonly onOutcome: (outcome: TestOutcome) => void
  readonly onProgress: (name: string, progress: Progress) => void
  /** What the scenarios print, on either stream. */
  readonly onOutput: (text: string) => void
}

/** Runs the scenarios of a file and resolves when its process is gone. The scope ends it early. */
export async function runFile(scope: Scope, job: Job, run: FileRun): Promise<void> {
  const args = [...nodeFlags(), runnerFile(), JSON.stringify(job)]
  const owned = scope.spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], grace: GRACE })
  const ledger = new Ledger(job.name, run)
  const stderr = readOutput(owned, run.onOutput)
  const watch = watchSilence(owned, run.silence)
  const messages = owned.child.stdio[MESSAGES_FD]
  if (!(messages instanceof Readable)) throw new Error('The pipe of the messages is not there.')
  const lines = createInterface({ input: messages }).on('line', line => {
    watch.heard()
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the runner alone
    ledger.take(JSON.parse(line) as Message)
  })
  try {
    const exit = await owned.exited
    await finished(messages, { signal: AbortSignal.timeout(LAST_WORDS) }).catch(() => undefined)
    if (!run.signal.aborted) ledger.end(causeOf(exit, stderr(), watch.hung ? run.silence : undefined))
  } finally {
    watch.stop()
    lines.close()
    await owned.stop()
  }
}

/** Passes on what the process prints, and returns what gives the end of its stderr. */
function readOutput({ stdout, stderr }: OwnedProcess, onOutput: (text: string) => void): () => string {
  let kept = ''
  stdout?.setEncoding('utf8').on('data', onOutput)
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    kept = (kept + text).slice(-STDERR_KEPT)
    onOutput(text)
  })
  return () => kept
}

interface SilenceWatch {
  readonly hung: boolean
  heard(): void
  stop(): void
}

function watchSilence(owned: OwnedProcess, silence: number): SilenceWatch {
  let hung = false
  const timer = setTimeout(() => {
    hung = true
    owned.stop({ grace: 0 }).catch(() => {}) // what refuses to go is told by the scope
  }, silence)
  return {
    get hung() {
      return hung
    },
    heard: () => void timer.refresh(),
    stop: () => clearTimeout(timer),
  }
}

/** Those that this process runs with, conditions for one, and those that a leak test needs. A debugger is one per process. */
function nodeFlags(): string[] {
  const own = process.execArgv.filter(flag => !flag.startsWith('--inspect'))
  return [...own, '--expose-gc', '--disable-warning=ExperimentalWarning']
}

/** The runner's program beside this file: `.js` in the built package, `.ts` when run from source. */
function runnerFile(): string {
  return fileURLToPath(import.meta.url).replace(/run-file(\.[jt]s)$/, 'runner$1')
}
