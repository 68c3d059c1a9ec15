import { Scope } from '@oakum/core/scope'
import {
  compareToBaseline,
  countOutcomes,
  isReport,
  readBaseline,
  type LeakReport,
  type TestOutcome,
  type Verdict,
} from '@oakum/leaktest'
import { describeFailure, UsageError } from '../command/errors.ts'
import { EXIT } from '../command/exit.ts'
import { listenForInterrupts } from '../command/interrupt.ts'
import { prepareDocuments, writeDocuments, type Documents } from './documents.ts'
import { findLeakFiles } from './files.ts'
import type { Job } from './messages.ts'
import { runFiles } from './run-files.ts'
import { Screen } from './screen.ts'

export interface RunOptions {
  /** Files and folders, as they stand on the command line. */
  readonly words: readonly string[]
  readonly options: Job['options']
  /** A baseline: only what is worse than there is a leak. Takes precedence over those of the modules. */
  readonly compareTo?: string | undefined
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

/**
 * Runs leak tests and resolves to the exit code. Throws {@link UsageError} and BASELINE_UNREADABLE before anything runs, and what
 * `writeDocuments` does.
 */
export async function runLeaktests(run: RunOptions): Promise<number> {
  const { options, filter, parallel, silence, failOn, documents, json, quiet } = run
  const files = findLeakFiles(run.words)
  const baseline = run.compareTo === undefined ? undefined : readBaseline(run.compareTo)
  const onStdout = [json, documents.markdown === '-', documents.junit === '-'].filter(Boolean).length
  if (onStdout > 1) throw new UsageError('only one of --json, --markdown - and --junit - can have stdout')
  prepareDocuments(documents)

  const jobs = files.map(({ path, name }): Job => ({
    file: path,
    name,
    aliveEvery: Math.max(1, Math.min(ALIVE_EVERY, silence / 4)),
    ...(filter === undefined ? {} : { filter }),
    isCompared: baseline !== undefined,
    options,
  }))
  const outcomes: TestOutcome[] = []
  const found: LeakReport[] = []
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
      onOutcome(told) {
        if (isReport(told)) found.push(told)
        const outcome = baseline !== undefined && isReport(told) ? compareToBaseline(told, baseline) : told
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
  // A part of the tests is no baseline.
  const wanted = signal.aborted ? { ...documents, baseline: undefined } : documents
  await writeDocuments(wanted, { outcomes, found, failOn })
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
