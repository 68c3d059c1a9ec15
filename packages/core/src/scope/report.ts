import type { ErrorCode, ErrorFacts } from '../errors/index.ts'
import type { ProcessNote } from '../process/index.ts'

/** What a close did. */
export interface CloseReport {
  /** How many resources the close ended, those of child scopes, and the child scopes, included. */
  readonly released: number
  /** What was still alive at the deadline, or had refused for good before. */
  readonly refused: readonly Refusal[]
  /** How long it took. */
  readonly milliseconds: number
  /**
   * Processes that have ended, and that a parent which is not ours had not collected when the close ended. They hold nothing
   * but their pids. Only there when there are any.
   */
  readonly zombies?: readonly ProcessNote[]
}

/** A resource that was told to end and was still there when the close ended. */
export interface Refusal {
  /** From the root scope's name to its own, as `coder-1/child/x`. */
  readonly path: string
  readonly kind: string
  readonly name: string
  /** Milliseconds since it was adopted. */
  readonly age: number
  /** Where it was created; only with the option `stacks`. */
  readonly stack?: string
  /** What its kind has to add, as an actor what it left unhandled. */
  readonly detail?: string
}

/**
 * One or more releases threw while a scope closed. All were tried; `errors` has each, `report` what was done.
 *
 * It is an `AggregateError`; and, since a class has one chain of prototypes, it is an `OakumError` by the registered
 * symbol alone: `instanceof OakumError` and `isOakumError` both know it.
 */
export class ScopeCloseError extends AggregateError {
  readonly code: ErrorCode = 'SCOPE_CLOSE_FAILED'
  readonly facts: ErrorFacts
  readonly report: CloseReport

  constructor(path: string, errors: readonly unknown[], report: CloseReport) {
    super(errors, `${errors.length} of the releases of scope ${path} failed: ${errors.map(messageOf).join('; ')}`)
    this.facts = { path, failed: errors.length, refused: report.refused.length }
    this.report = report
  }

  static {
    Object.defineProperty(this.prototype, Symbol.for('oakum.error'), { value: true })
    Object.defineProperty(this.prototype, 'name', { value: 'ScopeCloseError', writable: true, configurable: true })
  }
}

/** One line for what refused to go: for an error's message, and for logs. */
export function describeRefused(refused: readonly Refusal[]): string {
  const described = refused.map(
    ({ path, kind, age, detail }) => `${kind} ${path} (${age} ms old${detail === undefined ? '' : `, ${detail}`})`,
  )
  return described.join(', ')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
