import type { LeakReport, Verdict } from '../report.ts'

/** A test that came to no verdict: the scenario threw or hung, or its process ended. */
export interface FailedTest {
  readonly name: string
  /** What happened; `facts` as of a `LeaktestError`. */
  readonly error: {
    readonly code: string
    readonly message: string
    readonly facts?: Readonly<Record<string, unknown>>
  }
}

/** What became of a test. */
export type TestOutcome = LeakReport | FailedTest

/** Whether a test came to a verdict. */
export function isReport(outcome: TestOutcome): outcome is LeakReport {
  return 'verdict' in outcome
}

/** Verdicts that fail a test unless it says otherwise: what could not be told is not called clean. */
export const FAILING_VERDICTS: ReadonlySet<Verdict> = new Set(['leak', 'inconclusive'])

const ORDER = ['clean', 'bounded', 'inconclusive', 'leak'] as const

/** How many came to which end, in one line: `12 scenarios: 10 clean, 1 bounded, 1 leak`. */
export function countOutcomes(outcomes: readonly TestOutcome[]): string {
  const reports = outcomes.filter(isReport)
  const counts = ORDER.map(verdict => [reports.filter(report => report.verdict === verdict).length, verdict] as const)
  const all = [...counts, [outcomes.length - reports.length, 'failed'] as const]
  const parts = all.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
  const head = `${outcomes.length} ${outcomes.length === 1 ? 'scenario' : 'scenarios'}`
  return parts.length === 0 ? head : `${head}: ${parts.join(', ')}`
}
