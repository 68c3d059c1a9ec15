import { resolve } from 'node:path'
import { Scope } from '@oakum/core/scope'
import { countOutcomes, isReport, readBaseline, type TestOutcome, type Verdict } from '@oakum/leaktest'
import { describeFailure, UsageError } from '../command/errors.ts'
import { EXIT } from '../command/exit.ts'
import { listenForInterrupts } from '../command/interrupt.ts'
import { writeDocuments, type Documents } from './documents.ts'
import { findLeakFiles } from './files.ts'
import type { Job } from './messages.ts'
import { runFiles } from './run-files.ts'
import { Screen } from './screen.ts'

export interface RunOptions {
  /** Files and folders, as they stand on the command line. */
  readonly words: readonly string[]
  readonly options: Job['options']
  readonly filter?: string | undefined
  readonly parallel: number
  /** Milliseconds without a word after which the process of a file counts as hung. */
  readonly silence: number
  readonly failOn: ReadonlySet<Verdict>
  readonly documents: Documents
  readonly json: boolean
  readonly quiet: boolean
}

/** Milliseconds between two signs of life, at most; four of them fit into the silence that is not tolerated. */
const ALIVE_EVERY = 1_000

/** Runs leak tests and resolves to the exit code. Throws {@link UsageError}, and BASELINE_UNREADABLE before anything runs. */
export async function runLeaktests(run: RunOptions): Promise<number> {
  const { options, filter, parallel, silence, failOn, documents, json, quiet } = run
  const files = findLeakFiles(run.words)
  const compareTo = options.compareTo === undefined ? undefined : resolve(options.compareTo)
  if (compareTo !== undefined) readBaseline(compareTo)
  const onStdout = [json, documents.markdown === '-', documents.junit === '-'].filter(Boolean).length
  if (onStdout > 1) throw new UsageError('only one of --json, --markdown - and --junit - can have stdout')

  const jobs = files.map(({ path, name }): Job => ({
    file: path,
    name,
    aliveEvery: Math.max(1, Math.min(ALIVE_EVERY, silence / 4)),
    ...(filter === undefined ? {} : { filter }),
    options: { ...options, ...(compareTo === undefined ? {} : { compareTo }) },
  }))
  const outcomes: TestOutcome[] = []
  const isWell = (outcome: TestOutcome): boolean => isReport(outcome) && !failOn.has(outcome.verdict)
  const { signal, release } = listenForInterrupts()
  const scope = new Scope('leaktest')
  const endAll = (): void => void scope.close('interrupted').catch(() => {}) // told by the close below
  signal.addEventListener('abort', endAll)
  const format = json ? 'json' : onStdout > 0 ? 'nothing' : 'text'
  const screen = new Screen({ files: files.length, format, quiet, signal })
  try {
    await runFiles(scope, jobs, {
      parallel,
      silence,
      signal,
      onOutcome(outcome) {
        outcomes.push(outcome)
        screen.outcome(outcome, isWell(outcome))
      },
      onProgress: (name, progress) => screen.progress(name, progress),
      onOutput: text => screen.output(text),
      onFileEnd: () => screen.fileEnded(),
    })
    if (outcomes.length > 1) screen.summary(countOutcomes(outcomes))
  } finally {
    await screen.close()
    signal.removeEventListener('abort', endAll)
    await scope.close()
    release()
  }
  await writeDocuments(documents, outcomes, failOn)
  return exitCodeOf(outcomes, outcomes.every(isWell), signal, filter)
}

function exitCodeOf(outcomes: readonly TestOutcome[], well: boolean, signal: AbortSignal, filter?: string): number {
  if (signal.aborted) {
    console.error(describeFailure('interrupted: not all leak tests have run', 'ABORTED'))
    return EXIT.failed
  }
  if (outcomes.length === 0) {
    console.error(describeFailure(`no scenario's name contains "${filter ?? ''}"`, 'NO_SCENARIO'))
    return EXIT.failed
  }
  return well ? EXIT.ok : EXIT.failed
}
