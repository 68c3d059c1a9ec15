/** Every code that this package throws, with what it means. `docs/errors.md` and this table are kept equal by a test. */
export const LEAKTEST_ERROR_CODES = {
  INVALID_OPTION: 'An option or argument has a value that cannot work; the message names it.',
  ABORTED: 'The caller’s signal aborted the call.',
  GC_MISSING: 'The process runs without `--expose-gc`; the message says how to pass it.',
  INSPECTOR_MISSING: 'The process has no inspector, or does not let it be used.',
  LEAKTEST_CONCURRENT: 'Another leak test runs in this process; both would count what the other does.',
  SCENARIO_FAILED: 'The scenario threw; `facts.iteration` says in which iteration, the cause is what it threw.',
  SCENARIO_TIMEOUT: 'One iteration of the scenario did not settle in time; `facts.iteration` says which.',
  BASELINE_UNREADABLE: 'The baseline file cannot be read, or is none.',
  PROCESS_UNREACHABLE: 'The process to be watched is not there, is no Node process, or does not answer its inspector.',
} as const

/** A stable code of a {@link LeaktestError}. */
export type LeaktestErrorCode = keyof typeof LEAKTEST_ERROR_CODES

/** Options of {@link LeaktestError}. */
export interface LeaktestErrorOptions {
  /** What led to this error. */
  readonly cause?: unknown
  /** Plain values that a program can act on, e.g. `{ iteration: 12 }`. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** The one base of all errors that this package throws. `code` is stable, the message is for people. */
export class LeaktestError extends Error {
  readonly code: LeaktestErrorCode
  readonly facts: Readonly<Record<string, unknown>>

  constructor(code: LeaktestErrorCode, message: string, { cause, facts = {} }: LeaktestErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'LeaktestError'
    this.code = code
    this.facts = facts
  }
}
