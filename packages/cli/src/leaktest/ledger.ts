import { FAILING_VERDICTS, isReport, type FailedTest, type Progress, type TestOutcome } from '@oakum/leaktest'
import type { Cause } from './cause.ts'
import type { Message } from './messages.ts'

/** Who is told what becomes of the scenarios of a file. */
export interface LedgerListener {
  readonly onOutcome: (outcome: TestOutcome) => void
  readonly onProgress: (name: string, progress: Progress) => void
}

/**
 * What the process of a file has told, and what it owes: exactly one outcome for each scenario that it named, and at least one.
 * What happens after a scenario has its outcome is told of the process.
 */
export class Ledger {
  readonly #name: string
  readonly #listener: LedgerListener
  readonly #owed = new Set<string>()
  readonly #told = new Set<string>()
  #current: string
  #failures = 0
  #filtered = false
  #empty = false

  /** @param name What the file is called, for what no scenario can be named for. */
  constructor(name: string, listener: LedgerListener) {
    this.#name = name
    this.#current = name
    this.#listener = listener
  }

  take(message: Message): void {
    switch (message.kind) {
      case 'list':
        this.#filtered = message.names.length === 0
        for (const name of message.names) this.#owed.add(name)
        return
      case 'start':
        this.#current = message.name
        return
      case 'progress':
        this.#listener.onProgress(this.#current, message.progress)
        return
      case 'report':
        this.#tell(message.report)
        return
      case 'failed':
        this.#fail(message.failed.name, message.failed.error)
        return
      case 'alive':
        return
      case 'empty':
        this.#empty = true
    }
  }

  /** The process is gone. `cause` is why, when it did not end as it should. */
  end(cause: Cause | undefined): void {
    if (cause !== undefined && this.#isOutcome(cause)) {
      this.#fail(this.#current, { code: cause.code, message: cause.message })
    }
    const why = cause === undefined ? '.' : `: ${cause.message}`
    for (const name of this.#owed) {
      this.#fail(name, { code: 'NOT_RUN', message: `Not run, since the process of its file had ended${why}` })
    }
    if (this.#told.size > 0 || this.#filtered) return
    const message = this.#empty
      ? 'The file exports no scenario, as `default` or in `scenarios`, and ran no leak test itself.'
      : 'The process ended without a word.'
    this.#fail(this.#name, { code: 'NO_SCENARIO', message })
  }

  /** Whether the end of the process is an outcome of its own, and does not only say why there are no more. */
  #isOutcome({ abrupt }: Cause): boolean {
    if (this.#owed.size > 0) return !this.#told.has(this.#current)
    return abrupt || this.#failures === 0
  }

  #fail(name: string, error: FailedTest['error']): void {
    this.#tell({ name: this.#told.has(name) ? `${this.#name} › its process` : name, error })
  }

  #tell(outcome: TestOutcome): void {
    if (!isReport(outcome) || FAILING_VERDICTS.has(outcome.verdict)) this.#failures++
    this.#told.add(outcome.name)
    this.#owed.delete(outcome.name)
    this.#listener.onOutcome(outcome)
  }
}
